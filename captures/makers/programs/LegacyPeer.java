import java.io.FileInputStream;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.security.KeyStore;
import java.security.SecureRandom;
import java.security.Security;
import java.security.cert.X509Certificate;
import java.util.List;
import javax.net.ssl.KeyManager;
import javax.net.ssl.KeyManagerFactory;
import javax.net.ssl.SNIHostName;
import javax.net.ssl.SSLContext;
import javax.net.ssl.SSLParameters;
import javax.net.ssl.SSLServerSocket;
import javax.net.ssl.SSLSocket;
import javax.net.ssl.TrustManager;
import javax.net.ssl.X509TrustManager;

/**
 * A server or client on Java's own TLS with every algorithm that it still has switched on again:
 * SSLv2Hello, SSLv3, export, DES, RC4 and anonymous suites.
 *
 * <p>LegacyPeer server|client HOST PORT VERSIONS SUITES [KEYSTORE]; lists are separated by commas,
 * the password of the key store is "capture".
 */
public class LegacyPeer {
    public static void main(String[] arguments) throws Exception {
        Security.setProperty("jdk.tls.disabledAlgorithms", "");
        Security.setProperty("jdk.tls.legacyAlgorithms", "");
        Security.setProperty("jdk.certpath.disabledAlgorithms", "");
        String[] versions = arguments[3].split(",");
        String[] suites = arguments[4].split(",");
        SSLContext context = buildContext(arguments.length > 5 ? arguments[5] : null);
        int port = Integer.parseInt(arguments[2]);
        if (arguments[0].equals("server")) {
            serve(context, port, versions, suites);
        } else {
            connect(context, arguments[1], port, versions, suites);
        }
    }

    private static SSLContext buildContext(String keyStorePath) throws Exception {
        KeyManager[] keys = null;
        if (keyStorePath != null) {
            KeyStore store = KeyStore.getInstance("PKCS12");
            try (InputStream input = new FileInputStream(keyStorePath)) {
                store.load(input, "capture".toCharArray());
            }
            KeyManagerFactory factory = KeyManagerFactory.getInstance("SunX509");
            factory.init(store, "capture".toCharArray());
            keys = factory.getKeyManagers();
        }
        SSLContext context = SSLContext.getInstance("TLS");
        context.init(keys, new TrustManager[] {new TrustEveryone()}, new SecureRandom());
        return context;
    }

    private static void serve(SSLContext context, int port, String[] versions, String[] suites) throws Exception {
        SSLServerSocket listener = (SSLServerSocket) context.getServerSocketFactory().createServerSocket(port);
        listener.setEnabledProtocols(versions);
        listener.setEnabledCipherSuites(suites);
        while (true) {
            try (SSLSocket socket = (SSLSocket) listener.accept()) {
                socket.setSoTimeout(5000);
                socket.getInputStream().read(new byte[1024]);
                socket.getOutputStream().write("HTTP/1.0 200 OK\r\n\r\nlegacy\n".getBytes(StandardCharsets.US_ASCII));
            } catch (java.io.IOException error) {
                System.out.println(error);
            }
        }
    }

    private static void connect(SSLContext context, String host, int port, String[] versions, String[] suites)
            throws Exception {
        try (SSLSocket socket = (SSLSocket) context.getSocketFactory().createSocket(host, port)) {
            socket.setSoTimeout(5000);
            socket.setEnabledProtocols(versions);
            socket.setEnabledCipherSuites(suites);
            if (!versions[0].startsWith("SSL")) {
                SSLParameters parameters = socket.getSSLParameters();
                parameters.setServerNames(List.of(new SNIHostName(host)));
                socket.setSSLParameters(parameters);
            }
            socket.startHandshake();
            socket.getOutputStream().write("GET / HTTP/1.0\r\n\r\n".getBytes(StandardCharsets.US_ASCII));
            socket.getInputStream().read(new byte[1024]);
            System.out.println(socket.getSession().getProtocol() + " " + socket.getSession().getCipherSuite());
        } catch (java.io.IOException error) {
            System.out.println(error);
        }
    }

    private static final class TrustEveryone implements X509TrustManager {
        @Override
        public void checkClientTrusted(X509Certificate[] chain, String kind) {}

        @Override
        public void checkServerTrusted(X509Certificate[] chain, String kind) {}

        @Override
        public X509Certificate[] getAcceptedIssuers() {
            return new X509Certificate[0];
        }
    }
}
