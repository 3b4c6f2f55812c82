"""A small private certificate authority.

In: the table of recipes below. Out: a folder with NAME.crt (the chain that a server sends, leaf
first), NAME.key, and root.crt for those who are to trust it. Keys and certificates are made anew
at every run, with dates relative to it; none of the keys is kept afterwards.
"""

from __future__ import annotations

import subprocess
from base64 import b64encode, encodebytes
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from hashlib import sha256
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, rsa
from cryptography.hazmat.primitives.serialization import pkcs12
from cryptography.x509 import ocsp
from cryptography.x509.oid import AuthorityInformationAccessOID, ExtendedKeyUsageOID, NameOID, ObjectIdentifier

PrivateKey = rsa.RSAPrivateKey | ec.EllipticCurvePrivateKey | ed25519.Ed25519PrivateKey

ORGANISATION = "Example Capture Authority"
OCSP_URL = "http://ocsp.example/"
MUST_STAPLE = x509.TLSFeature([x509.TLSFeatureType.status_request])
DELEGATION_USAGE = ObjectIdentifier("1.3.6.1.4.1.44363.44")
EVERY_USAGE = (
    "digital_signature",
    "content_commitment",
    "key_encipherment",
    "data_encipherment",
    "key_agreement",
    "key_cert_sign",
    "crl_sign",
    "encipher_only",
    "decipher_only",
)


@dataclass(frozen=True)
class Recipe:
    """What one certificate says and which chain goes out with it; days count from the run."""

    name: str
    names: tuple[str, ...] = ()
    key: str = "p256"
    issuer: str = "intermediate"
    first_day: int = -30
    last_day: int = 60
    digest: str = "sha256"
    chain: tuple[str, ...] = ("leaf", "intermediate")
    client: bool = False
    revoked: bool = False
    stapled: str = ""  # the OCSP response beside it: good, revoked, expired or forged
    logged: bool = False  # SCTs beside it, for the TLS extension
    must_staple: bool = False
    delegation: bool = False
    common_name: str = ""


TIMESTAMP_EXTENSION = 18
MANY_NAMES = ("many.example", *(f"site{number:03d}.many.example" for number in range(1, 121)))

RECIPES = (
    Recipe("www", ("www.example", "www6.example", "example"), key="p256"),
    Recipe("www-rsa", ("www.example", "www6.example"), key="rsa2048"),
    Recipe("shop", ("shop.example", "shop6.example"), key="rsa2048", last_day=20, stapled="good"),
    Recipe("blog", ("blog.example", "*.blog.example"), key="p256", last_day=170),
    Recipe("static", ("static.example", "*.static.example"), key="p256"),
    Recipe("many", MANY_NAMES, key="p256", common_name="many.example"),
    Recipe("api", ("api.example", "api6.example"), key="p384", last_day=360),
    Recipe("bank", ("bank.example",), key="rsa4096", last_day=360),
    Recipe("mail", ("mail.example", "mail6.example"), key="rsa2048", last_day=5),
    Recipe("modern", ("modern.example", "modern6.example", "quantum.example"), key="p256", last_day=40),
    Recipe("quantum", ("quantum.example",), key="p256", last_day=40),
    Recipe("stream", ("stream.example",), last_day=80),
    Recipe("old", ("old.test",), key="rsa2048", first_day=-700, last_day=100),
    Recipe("cashdesk", ("cashdesk.test",), key="rsa1024", first_day=-3000, last_day=600, digest="sha1"),
    Recipe("ancient", (), key="rsa1024", first_day=-5000, last_day=300, digest="md5", common_name="ancient.test"),
    Recipe("expired", ("expired.test",), first_day=-120, last_day=-12),
    Recipe("future", ("future.test",), first_day=30, last_day=120),
    Recipe("selfsigned", ("selfsigned.test",), key="rsa2048", issuer="self", last_day=3600, chain=("leaf",)),
    Recipe("wrongname", ("another.test",)),
    Recipe("sha1", ("sha1.test",), key="rsa2048", digest="sha1"),
    Recipe("rsa1024", ("rsa1024.test",), key="rsa1024"),
    Recipe("rsa4096", ("rsa4096.test",), key="rsa4096"),
    Recipe("p384", ("p384.test",), key="p384"),
    Recipe("ed25519", ("ed25519.test",), key="ed25519"),
    Recipe("wild", ("*.apps.test",), common_name="*.apps.test"),
    Recipe("incomplete", ("incomplete.test",), chain=("leaf",)),
    Recipe("wrongorder", ("incomplete.test",), chain=("leaf", "root", "intermediate")),
    Recipe("staple", ("www.example",), key="p256", stapled="good", must_staple=True),
    Recipe("staple-revoked", ("www.example",), stapled="revoked"),
    Recipe("staple-expired", ("www.example",), stapled="expired"),
    Recipe("staple-forged", ("www.example",), stapled="forged"),
    Recipe("logged", ("www.example",), logged=True),
    Recipe("delegating", ("quantum.example",), key="p256", delegation=True),
    Recipe("usage", ("wild.apps.test",), client=True),
    Recipe("revoked", ("wild.apps.test",), revoked=True),
    Recipe("device", (), key="rsa2048", issuer="self", last_day=7000, chain=("leaf",), common_name="device"),
    Recipe(
        "implant",
        (),
        key="rsa2048",
        issuer="self",
        first_day=-2,
        last_day=363,
        chain=("leaf",),
        common_name="localhost",
    ),
    Recipe("broker", ("broker.test",), key="p256", last_day=800),
    Recipe("client", ("partner@bank.example",), key="p256", client=True, common_name="partner"),
    Recipe("client-rsa", ("desk@bank.example",), key="rsa2048", client=True, common_name="cash desk"),
    Recipe("client-expired", ("late@bank.example",), first_day=-400, last_day=-30, client=True, common_name="late"),
    Recipe("client-stranger", (), issuer="self", chain=("leaf",), client=True, common_name="stranger"),
)


def make_authority(folder: Path) -> None:
    """Write root, intermediate and every certificate of the table into the folder."""
    folder.mkdir(parents=True, exist_ok=True)
    root_key = make_key("rsa2048")
    root_name = build_name("Example Capture Root")
    root = build_authority_certificate(root_name, root_key, root_name, root_key, path_length=1)
    key = make_key("rsa2048")
    intermediate = build_authority_certificate(
        build_name("Example Capture Issuing CA 1"), key, root_name, root_key, path_length=0
    )
    write_certificates(folder / "root.crt", [root])
    write_certificates(folder / "intermediate.crt", [intermediate])
    write_certificates(folder / "bundle.crt", [intermediate, root])
    write_key(folder / "intermediate.key", key)
    authorities = {"root": root, "intermediate": intermediate}
    revoked = []
    for recipe in RECIPES:
        leaf = make_leaf(folder, recipe, authorities, key)
        revoked += [leaf] if recipe.revoked else []
        if recipe.stapled:
            write_status(folder / f"{recipe.name}.ocsp", recipe.stapled, leaf, intermediate, key)
        if recipe.logged:
            write_timestamps(folder / f"{recipe.name}.serverinfo", folder / f"{recipe.name}.logs", leaf)
    write_revocations(folder / "revoked.crl", revoked, intermediate, key)


def make_leaf(
    folder: Path, recipe: Recipe, authorities: dict[str, x509.Certificate], issuer_key: PrivateKey
) -> x509.Certificate:
    """Write NAME.crt, NAME.key and (for RSA) the key store NAME.p12 of one recipe; return the leaf."""
    key = make_key(recipe.key)
    write_key(folder / f"{recipe.name}.key", key)
    if recipe.digest == "sha256":
        leaf = build_leaf(recipe, key, authorities["intermediate"], issuer_key)
    else:
        leaf = sign_with_old_digest(folder, recipe, key)
    members = {"leaf": leaf, **authorities}
    chain = [members[member] for member in recipe.chain]
    write_certificates(folder / f"{recipe.name}.crt", chain)
    write_certificates(folder / f"{recipe.name}.rest", chain[1:])
    if isinstance(key, rsa.RSAPrivateKey):
        store = pkcs12.serialize_key_and_certificates(
            b"capture", key, leaf, [authorities["intermediate"]], serialization.BestAvailableEncryption(b"capture")
        )
        (folder / f"{recipe.name}.p12").write_bytes(store)
    return leaf


def make_key(kind: str) -> PrivateKey:
    """Make a private key: rsa and its bits, p256, p384 or ed25519."""
    if kind.startswith("rsa"):
        return rsa.generate_private_key(65537, int(kind[3:]))
    if kind == "ed25519":
        return ed25519.Ed25519PrivateKey.generate()
    return ec.generate_private_key({"p256": ec.SECP256R1(), "p384": ec.SECP384R1()}[kind])


def build_name(common_name: str) -> x509.Name:
    """A distinguished name of the private authority's organisation."""
    return x509.Name(
        [
            x509.NameAttribute(NameOID.COUNTRY_NAME, "XX"),
            x509.NameAttribute(NameOID.ORGANIZATION_NAME, ORGANISATION),
            x509.NameAttribute(NameOID.COMMON_NAME, common_name),
        ]
    )


def build_usage(*allowed: str) -> x509.KeyUsage:
    """A key usage with the named bits set."""
    return x509.KeyUsage(**{name: name in allowed for name in EVERY_USAGE})


def build_authority_certificate(
    subject: x509.Name, key: PrivateKey, issuer: x509.Name, issuer_key: PrivateKey, path_length: int
) -> x509.Certificate:
    """Build a CA certificate, ten years valid (RFC 5280 section 4.2.1.9)."""
    now = datetime.now(UTC)
    builder = (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(issuer)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - timedelta(days=400))
        .not_valid_after(now + timedelta(days=3250))
        .add_extension(x509.BasicConstraints(ca=True, path_length=path_length), critical=True)
        .add_extension(build_usage("key_cert_sign", "crl_sign"), critical=True)
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(key.public_key()), critical=False)
    )
    return builder.sign(issuer_key, hashes.SHA256())


def build_leaf(recipe: Recipe, key: PrivateKey, issuer: x509.Certificate, issuer_key: PrivateKey) -> x509.Certificate:
    """Build one end-entity certificate as the recipe says."""
    now = datetime.now(UTC)
    subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, leaf_common_name(recipe))])
    self_signed = recipe.issuer == "self"
    purpose = ExtendedKeyUsageOID.CLIENT_AUTH if recipe.client else ExtendedKeyUsageOID.SERVER_AUTH
    usages = ("digital_signature", "key_encipherment") if recipe.key.startswith("rsa") else ("digital_signature",)
    builder = (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(subject if self_signed else issuer.subject)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now + timedelta(days=recipe.first_day))
        .not_valid_after(now + timedelta(days=recipe.last_day))
        .add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
        .add_extension(build_usage(*usages), critical=True)
        .add_extension(x509.ExtendedKeyUsage([purpose]), critical=False)
    )
    if recipe.names:
        names = [x509.RFC822Name(name) if "@" in name else x509.DNSName(name) for name in recipe.names]
        builder = builder.add_extension(x509.SubjectAlternativeName(names), critical=False)
    if recipe.must_staple:
        builder = builder.add_extension(MUST_STAPLE, critical=False)
    if recipe.delegation:
        delegation = x509.UnrecognizedExtension(DELEGATION_USAGE, b"\x05\x00")
        builder = builder.add_extension(delegation, critical=False)
    if not self_signed:
        access = x509.AccessDescription(AuthorityInformationAccessOID.OCSP, x509.UniformResourceIdentifier(OCSP_URL))
        builder = builder.add_extension(x509.AuthorityInformationAccess([access]), critical=False)
    signer = key if self_signed else issuer_key
    return builder.sign(signer, None if isinstance(signer, ed25519.Ed25519PrivateKey) else hashes.SHA256())


def write_status(
    path: Path, kind: str, leaf: x509.Certificate, issuer: x509.Certificate, issuer_key: PrivateKey
) -> None:
    """Write a DER OCSP response about the certificate (RFC 6960 section 4.2); a forged one has a wrong signature."""
    now = datetime.now(UTC)
    revoked, age = kind == "revoked", timedelta(days=30 if kind == "expired" else 1)
    builder = (
        ocsp.OCSPResponseBuilder()
        .add_response(
            cert=leaf,
            issuer=issuer,
            algorithm=hashes.SHA1(),
            cert_status=ocsp.OCSPCertStatus.REVOKED if revoked else ocsp.OCSPCertStatus.GOOD,
            this_update=now - age,
            next_update=now - age + timedelta(days=7),
            revocation_time=now - timedelta(days=3) if revoked else None,
            revocation_reason=x509.ReasonFlags.key_compromise if revoked else None,
        )
        .responder_id(ocsp.OCSPResponderEncoding.HASH, issuer)
    )
    response = builder.sign(issuer_key, hashes.SHA256()).public_bytes(serialization.Encoding.DER)
    if kind == "forged":
        response = response[:-1] + bytes([response[-1] ^ 1])
    path.write_bytes(response)


def write_timestamps(path: Path, logs: Path, leaf: x509.Certificate) -> None:
    """Write SCTs of two logs as the TLS extension signed_certificate_timestamp, for -serverinfo (RFC 6962).

    `logs` gets the logs' keys, for -ctlogfile.
    """
    der = leaf.public_bytes(serialization.Encoding.DER)
    timestamps = []
    listing = ["enabled_logs = log1,log2"]
    for number in (1, 2):
        log = ec.generate_private_key(ec.SECP256R1())
        spki = log.public_key().public_bytes(
            serialization.Encoding.DER, serialization.PublicFormat.SubjectPublicKeyInfo
        )
        listing += [f"[log{number}]", f"description = Log {number}", f"key = {b64encode(spki).decode()}"]
        time = int(datetime.now(UTC).timestamp() * 1000).to_bytes(8, "big")
        signed = b"\0\0" + time + b"\0\0" + len(der).to_bytes(3, "big") + der + b"\0\0"
        signature = log.sign(signed, ec.ECDSA(hashes.SHA256()))
        made = b"\0" + sha256(spki).digest() + time + b"\0\0\4\3" + len(signature).to_bytes(2, "big") + signature
        timestamps.append(len(made).to_bytes(2, "big") + made)
    logs.write_text("\n".join(listing) + "\n")
    listed = b"".join(timestamps)
    data = len(listed).to_bytes(2, "big") + listed
    lines = encodebytes(TIMESTAMP_EXTENSION.to_bytes(2, "big") + len(data).to_bytes(2, "big") + data).decode()
    path.write_text(f"-----BEGIN SERVERINFO FOR SCT-----\n{lines}-----END SERVERINFO FOR SCT-----\n")


def write_revocations(
    path: Path, revoked: list[x509.Certificate], issuer: x509.Certificate, issuer_key: PrivateKey
) -> None:
    """Write a PEM revocation list of the issuer with the given certificates (RFC 5280 section 5)."""
    now = datetime.now(UTC)
    builder = (
        x509.CertificateRevocationListBuilder()
        .issuer_name(issuer.subject)
        .last_update(now - timedelta(days=1))
        .next_update(now + timedelta(days=30))
    )
    for certificate in revoked:
        entry = x509.RevokedCertificateBuilder().serial_number(certificate.serial_number).revocation_date(now)
        builder = builder.add_revoked_certificate(entry.build())
    path.write_bytes(builder.sign(issuer_key, hashes.SHA256()).public_bytes(serialization.Encoding.PEM))


def sign_with_old_digest(folder: Path, recipe: Recipe, key: PrivateKey) -> x509.Certificate:
    """Build a certificate signed with MD5 or SHA-1, which only the openssl program still does."""
    stem = folder / f"{recipe.name}-request"
    subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, leaf_common_name(recipe))])
    request = x509.CertificateSigningRequestBuilder().subject_name(subject).sign(key, hashes.SHA256())
    stem.with_suffix(".csr").write_bytes(request.public_bytes(serialization.Encoding.PEM))
    alternative = f"subjectAltName={','.join(f'DNS:{name}' for name in recipe.names)}\n" if recipe.names else ""
    stem.with_suffix(".ext").write_text(f"basicConstraints=critical,CA:FALSE\n{alternative}")
    stem.with_suffix(".db").write_text("")
    stem.with_suffix(".cnf").write_text(
        f"[ca]\ndatabase={stem}.db\nserial={stem}.serial\nunique_subject=no\npolicy=any\n[any]\ncommonName=supplied\n"
    )
    now = datetime.now(UTC)
    arguments = {
        "-config": f"{stem}.cnf",
        "-name": "ca",
        "-in": f"{stem}.csr",
        "-out": f"{stem}.crt",
        "-outdir": str(folder),
        "-cert": str(folder / "intermediate.crt"),
        "-keyfile": str(folder / "intermediate.key"),
        "-extfile": f"{stem}.ext",
        "-md": recipe.digest,
        "-startdate": f"{now + timedelta(days=recipe.first_day):%Y%m%d%H%M%SZ}",
        "-enddate": f"{now + timedelta(days=recipe.last_day):%Y%m%d%H%M%SZ}",
    }
    flat = [part for pair in arguments.items() for part in pair]
    done = subprocess.run(
        ["openssl", "ca", "-batch", "-notext", "-create_serial", *flat], capture_output=True, text=True, check=False
    )
    if done.returncode:
        raise RuntimeError(f"openssl ca: {done.stderr.strip()}")
    return x509.load_pem_x509_certificate(stem.with_suffix(".crt").read_bytes())


def leaf_common_name(recipe: Recipe) -> str:
    """The common name: the one given, or the first alternative name."""
    return recipe.common_name or recipe.names[0]


def write_certificates(path: Path, certificates: list[x509.Certificate]) -> None:
    """Write certificates as PEM, one after the other."""
    path.write_bytes(b"".join(certificate.public_bytes(serialization.Encoding.PEM) for certificate in certificates))


def write_key(path: Path, key: PrivateKey) -> None:
    """Write a private key as unencrypted PKCS #8 PEM."""
    path.write_bytes(
        key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    )
