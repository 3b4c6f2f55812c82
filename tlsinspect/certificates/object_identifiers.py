"""Object identifiers and the names that the field knows them by; what is missing shows as its digits.

Dotted text on the left, as der.parse_object_identifier gives it. Data only.
"""

from __future__ import annotations

# RFC 3279, RFC 4055, RFC 5758, RFC 8410, RFC 8692, RFC 9215, RFC 9881, RFC 9909, GM/T 0006.
SIGNATURE_ALGORITHMS = {
    "1.2.840.113549.1.1.2": "md2WithRSAEncryption",
    "1.2.840.113549.1.1.3": "md4WithRSAEncryption",
    "1.2.840.113549.1.1.4": "md5WithRSAEncryption",
    "1.2.840.113549.1.1.5": "sha1WithRSAEncryption",
    "1.2.840.113549.1.1.10": "RSASSA-PSS",
    "1.2.840.113549.1.1.11": "sha256WithRSAEncryption",
    "1.2.840.113549.1.1.12": "sha384WithRSAEncryption",
    "1.2.840.113549.1.1.13": "sha512WithRSAEncryption",
    "1.2.840.113549.1.1.14": "sha224WithRSAEncryption",
    "1.2.840.113549.1.1.15": "sha512-224WithRSAEncryption",
    "1.2.840.113549.1.1.16": "sha512-256WithRSAEncryption",
    "1.3.14.3.2.3": "md5WithRSA",
    "1.3.14.3.2.15": "shaWithRSAEncryption",
    "1.3.14.3.2.29": "sha1WithRSA",
    "1.3.36.3.3.1.2": "ripemd160WithRSA",
    "1.2.156.10197.1.504": "sm3WithRSAEncryption",
    "2.16.840.1.101.3.4.3.13": "RSA-SHA3-224",
    "2.16.840.1.101.3.4.3.14": "RSA-SHA3-256",
    "2.16.840.1.101.3.4.3.15": "RSA-SHA3-384",
    "2.16.840.1.101.3.4.3.16": "RSA-SHA3-512",
    "1.3.6.1.5.5.7.6.30": "RSASSA-PSS-SHAKE128",
    "1.3.6.1.5.5.7.6.31": "RSASSA-PSS-SHAKE256",
    "1.2.840.10045.4.1": "ecdsa-with-SHA1",
    "1.2.840.10045.4.3.1": "ecdsa-with-SHA224",
    "1.2.840.10045.4.3.2": "ecdsa-with-SHA256",
    "1.2.840.10045.4.3.3": "ecdsa-with-SHA384",
    "1.2.840.10045.4.3.4": "ecdsa-with-SHA512",
    "2.16.840.1.101.3.4.3.9": "ecdsa-with-SHA3-224",
    "2.16.840.1.101.3.4.3.10": "ecdsa-with-SHA3-256",
    "2.16.840.1.101.3.4.3.11": "ecdsa-with-SHA3-384",
    "2.16.840.1.101.3.4.3.12": "ecdsa-with-SHA3-512",
    "1.3.6.1.5.5.7.6.32": "ecdsa-with-SHAKE128",
    "1.3.6.1.5.5.7.6.33": "ecdsa-with-SHAKE256",
    "1.2.156.10197.1.501": "SM2-with-SM3",
    "1.2.840.10040.4.3": "dsa-with-SHA1",
    "1.3.14.3.2.13": "dsa-with-SHA",
    "1.3.14.3.2.27": "dsa-with-SHA1",
    "2.16.840.1.101.3.4.3.1": "dsa-with-SHA224",
    "2.16.840.1.101.3.4.3.2": "dsa-with-SHA256",
    "2.16.840.1.101.3.4.3.3": "dsa-with-SHA384",
    "2.16.840.1.101.3.4.3.4": "dsa-with-SHA512",
    "1.2.643.2.2.3": "GOST R 34.10-2001 with GOST R 34.11-94",
    "1.2.643.7.1.1.3.2": "GOST R 34.10-2012 with GOST R 34.11-2012 (256 bit)",
    "1.2.643.7.1.1.3.3": "GOST R 34.10-2012 with GOST R 34.11-2012 (512 bit)",
    "1.3.101.112": "Ed25519",
    "1.3.101.113": "Ed448",
    "2.16.840.1.101.3.4.3.17": "ML-DSA-44",
    "2.16.840.1.101.3.4.3.18": "ML-DSA-65",
    "2.16.840.1.101.3.4.3.19": "ML-DSA-87",
    "2.16.840.1.101.3.4.3.20": "SLH-DSA-SHA2-128s",
    "2.16.840.1.101.3.4.3.21": "SLH-DSA-SHA2-128f",
    "2.16.840.1.101.3.4.3.22": "SLH-DSA-SHA2-192s",
    "2.16.840.1.101.3.4.3.23": "SLH-DSA-SHA2-192f",
    "2.16.840.1.101.3.4.3.24": "SLH-DSA-SHA2-256s",
    "2.16.840.1.101.3.4.3.25": "SLH-DSA-SHA2-256f",
    "2.16.840.1.101.3.4.3.26": "SLH-DSA-SHAKE-128s",
    "2.16.840.1.101.3.4.3.27": "SLH-DSA-SHAKE-128f",
    "2.16.840.1.101.3.4.3.28": "SLH-DSA-SHAKE-192s",
    "2.16.840.1.101.3.4.3.29": "SLH-DSA-SHAKE-192f",
    "2.16.840.1.101.3.4.3.30": "SLH-DSA-SHAKE-256s",
    "2.16.840.1.101.3.4.3.31": "SLH-DSA-SHAKE-256f",
}

# RFC 4055 sections 2.1 and 3.1: the name of a signature with RSASSA-PSS ends with that of its hash.
RSASSA_PSS = "1.2.840.113549.1.1.10"
PSS_DEFAULT_HASH = "SHA1"
PSS_HASHES = {
    "1.2.840.113549.2.5": "MD5",
    "1.3.14.3.2.26": PSS_DEFAULT_HASH,
    "2.16.840.1.101.3.4.2.1": "SHA256",
    "2.16.840.1.101.3.4.2.2": "SHA384",
    "2.16.840.1.101.3.4.2.3": "SHA512",
    "2.16.840.1.101.3.4.2.4": "SHA224",
    "2.16.840.1.101.3.4.2.5": "SHA512-224",
    "2.16.840.1.101.3.4.2.6": "SHA512-256",
    "2.16.840.1.101.3.4.2.7": "SHA3-224",
    "2.16.840.1.101.3.4.2.8": "SHA3-256",
    "2.16.840.1.101.3.4.2.9": "SHA3-384",
    "2.16.840.1.101.3.4.2.10": "SHA3-512",
}

# Regular expressions for names of signatures with broken hashes. RFC 6151, RFC 9155.
OLD_SIGNATURE = r"(?i:^md[245]|-md[245]$)"
SHA1_SIGNATURE = r"(?i:sha-?1?(with|$))"  # and SHA-0, which is called SHA

# The post-quantum and Edwards algorithms use one identifier for key and signature.
KEY_TYPES = {
    "1.2.840.113549.1.1.1": "RSA",
    "1.2.840.113549.1.1.7": "RSAES-OAEP",
    "1.2.840.113549.1.1.10": "RSASSA-PSS",
    "2.5.8.1.1": "RSA",
    "1.2.840.10040.4.1": "DSA",
    "1.2.840.10045.2.1": "EC",
    "1.3.132.1.12": "EC",  # id-ecDH: an EC key for key agreement only
    "1.2.840.10046.2.1": "DH",
    "1.2.840.113549.1.3.1": "DH",
    "1.3.101.110": "X25519",
    "1.3.101.111": "X448",
    "1.2.643.2.2.19": "GOST",
    "1.2.643.7.1.1.1.1": "GOST",
    "1.2.643.7.1.1.1.2": "GOST",
    "2.16.840.1.101.3.4.4.1": "ML-KEM-512",
    "2.16.840.1.101.3.4.4.2": "ML-KEM-768",
    "2.16.840.1.101.3.4.4.3": "ML-KEM-1024",
    **{
        identifier: name
        for identifier, name in SIGNATURE_ALGORITHMS.items()
        if name.startswith(("Ed", "ML-DSA", "SLH-DSA"))
    },
}
RSA_KEYS = ("RSA", "RSASSA-PSS", "RSAES-OAEP")  # one kind of key, of which the latter two say what they are for
GOST_KEY_BITS = {"1.2.643.2.2.19": 256, "1.2.643.7.1.1.1.1": 256, "1.2.643.7.1.1.1.2": 512}

EXPLICIT = "explicit"  # the curve of a key that spells out its parameters

# Name by SEC 2, RFC 5639 or ANSI X9.62, with the size of the curve's field in bits.
CURVES = {
    "1.2.840.10045.3.1.1": ("secp192r1", 192),
    "1.2.840.10045.3.1.2": ("prime192v2", 192),
    "1.2.840.10045.3.1.3": ("prime192v3", 192),
    "1.2.840.10045.3.1.4": ("prime239v1", 239),
    "1.2.840.10045.3.1.5": ("prime239v2", 239),
    "1.2.840.10045.3.1.6": ("prime239v3", 239),
    "1.2.840.10045.3.1.7": ("secp256r1", 256),
    "1.3.132.0.1": ("sect163k1", 163),
    "1.3.132.0.2": ("sect163r1", 163),
    "1.3.132.0.3": ("sect239k1", 239),
    "1.3.132.0.4": ("sect113r1", 113),
    "1.3.132.0.5": ("sect113r2", 113),
    "1.3.132.0.6": ("secp112r1", 112),
    "1.3.132.0.7": ("secp112r2", 112),
    "1.3.132.0.8": ("secp160r1", 160),
    "1.3.132.0.9": ("secp160k1", 160),
    "1.3.132.0.10": ("secp256k1", 256),
    "1.3.132.0.15": ("sect163r2", 163),
    "1.3.132.0.16": ("sect283k1", 283),
    "1.3.132.0.17": ("sect283r1", 283),
    "1.3.132.0.22": ("sect131r1", 131),
    "1.3.132.0.23": ("sect131r2", 131),
    "1.3.132.0.24": ("sect193r1", 193),
    "1.3.132.0.25": ("sect193r2", 193),
    "1.3.132.0.26": ("sect233k1", 233),
    "1.3.132.0.27": ("sect233r1", 233),
    "1.3.132.0.28": ("secp128r1", 128),
    "1.3.132.0.29": ("secp128r2", 128),
    "1.3.132.0.30": ("secp160r2", 160),
    "1.3.132.0.31": ("secp192k1", 192),
    "1.3.132.0.32": ("secp224k1", 224),
    "1.3.132.0.33": ("secp224r1", 224),
    "1.3.132.0.34": ("secp384r1", 384),
    "1.3.132.0.35": ("secp521r1", 521),
    "1.3.132.0.36": ("sect409k1", 409),
    "1.3.132.0.37": ("sect409r1", 409),
    "1.3.132.0.38": ("sect571k1", 571),
    "1.3.132.0.39": ("sect571r1", 571),
    "1.3.36.3.3.2.8.1.1.1": ("brainpoolP160r1", 160),
    "1.3.36.3.3.2.8.1.1.2": ("brainpoolP160t1", 160),
    "1.3.36.3.3.2.8.1.1.3": ("brainpoolP192r1", 192),
    "1.3.36.3.3.2.8.1.1.4": ("brainpoolP192t1", 192),
    "1.3.36.3.3.2.8.1.1.5": ("brainpoolP224r1", 224),
    "1.3.36.3.3.2.8.1.1.6": ("brainpoolP224t1", 224),
    "1.3.36.3.3.2.8.1.1.7": ("brainpoolP256r1", 256),
    "1.3.36.3.3.2.8.1.1.8": ("brainpoolP256t1", 256),
    "1.3.36.3.3.2.8.1.1.9": ("brainpoolP320r1", 320),
    "1.3.36.3.3.2.8.1.1.10": ("brainpoolP320t1", 320),
    "1.3.36.3.3.2.8.1.1.11": ("brainpoolP384r1", 384),
    "1.3.36.3.3.2.8.1.1.12": ("brainpoolP384t1", 384),
    "1.3.36.3.3.2.8.1.1.13": ("brainpoolP512r1", 512),
    "1.3.36.3.3.2.8.1.1.14": ("brainpoolP512t1", 512),
    "1.2.156.10197.1.301": ("curveSM2", 256),
}

# RFC 4514's nine, then the short names that OpenSSL, and so Zeek and Suricata, print.
NAME_ATTRIBUTES = {
    "2.5.4.3": "CN",
    "2.5.4.7": "L",
    "2.5.4.8": "ST",
    "2.5.4.10": "O",
    "2.5.4.11": "OU",
    "2.5.4.6": "C",
    "2.5.4.9": "STREET",
    "0.9.2342.19200300.100.1.25": "DC",
    "0.9.2342.19200300.100.1.1": "UID",
    "2.5.4.4": "SN",
    "2.5.4.5": "serialNumber",
    "2.5.4.12": "title",
    "2.5.4.13": "description",
    "2.5.4.15": "businessCategory",
    "2.5.4.16": "postalAddress",
    "2.5.4.17": "postalCode",
    "2.5.4.18": "postOfficeBox",
    "2.5.4.20": "telephoneNumber",
    "2.5.4.41": "name",
    "2.5.4.42": "GN",
    "2.5.4.43": "initials",
    "2.5.4.44": "generationQualifier",
    "2.5.4.46": "dnQualifier",
    "2.5.4.65": "pseudonym",
    "2.5.4.97": "organizationIdentifier",
    "1.2.840.113549.1.9.1": "emailAddress",
    "1.2.840.113549.1.9.2": "unstructuredName",
    "1.2.840.113549.1.9.8": "unstructuredAddress",
    "1.3.6.1.4.1.311.60.2.1.1": "jurisdictionL",
    "1.3.6.1.4.1.311.60.2.1.2": "jurisdictionST",
    "1.3.6.1.4.1.311.60.2.1.3": "jurisdictionC",
}

EXTENDED_KEY_USAGES = {
    "1.3.6.1.5.5.7.3.1": "serverAuth",
    "1.3.6.1.5.5.7.3.2": "clientAuth",
    "1.3.6.1.5.5.7.3.3": "codeSigning",
    "1.3.6.1.5.5.7.3.4": "emailProtection",
    "1.3.6.1.5.5.7.3.5": "ipsecEndSystem",
    "1.3.6.1.5.5.7.3.6": "ipsecTunnel",
    "1.3.6.1.5.5.7.3.7": "ipsecUser",
    "1.3.6.1.5.5.7.3.8": "timeStamping",
    "1.3.6.1.5.5.7.3.9": "OCSPSigning",
    "1.3.6.1.5.5.7.3.13": "eapOverPPP",
    "1.3.6.1.5.5.7.3.14": "eapOverLAN",
    "1.3.6.1.5.5.7.3.17": "ipsecIKE",
    "1.3.6.1.5.5.7.3.21": "secureShellClient",
    "1.3.6.1.5.5.7.3.22": "secureShellServer",
    "1.3.6.1.5.5.7.3.36": "documentSigning",
    "1.3.6.1.5.2.3.5": "pkInitKDC",
    "1.3.6.1.4.1.311.10.3.3": "msSGC",
    "1.3.6.1.4.1.311.20.2.2": "msSmartcardLogin",
    "2.16.840.1.113730.4.1": "nsSGC",
    "2.5.29.37.0": "anyExtendedKeyUsage",
}

# Extensions of certificates. RFC 5280 section 4.2, RFC 6960 section 4.2.2.2.1, RFC 6962 section 3.3, RFC 7633.
SUBJECT_KEY_IDENTIFIER = "2.5.29.14"
KEY_USAGE = "2.5.29.15"
SUBJECT_ALTERNATIVE_NAME = "2.5.29.17"
BASIC_CONSTRAINTS = "2.5.29.19"
NAME_CONSTRAINTS = "2.5.29.30"
CRL_DISTRIBUTION_POINTS = "2.5.29.31"
CERTIFICATE_POLICIES = "2.5.29.32"
POLICY_MAPPINGS = "2.5.29.33"
AUTHORITY_KEY_IDENTIFIER = "2.5.29.35"
POLICY_CONSTRAINTS = "2.5.29.36"
EXTENDED_KEY_USAGE = "2.5.29.37"
INHIBIT_ANY_POLICY = "2.5.29.54"
AUTHORITY_INFORMATION_ACCESS = "1.3.6.1.5.5.7.1.1"
TLS_FEATURE = "1.3.6.1.5.5.7.1.24"
OCSP_NO_CHECK = "1.3.6.1.5.5.7.48.1.5"
SCT_LIST = "1.3.6.1.4.1.11129.2.4.2"
NETSCAPE_CERTIFICATE_TYPE = "2.16.840.1.113730.1.1"
