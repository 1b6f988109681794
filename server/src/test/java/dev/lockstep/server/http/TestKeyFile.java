package dev.lockstep.server.http;

import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.KeyStore;
import java.util.Base64;
import java.util.List;
import java.util.concurrent.TimeUnit;

/// Makes a self-signed key with the JDK's keytool and writes it as PEM.
public final class TestKeyFile {
  private TestKeyFile() {}

  /// @param algorithm `RSA` or `EC`
  public static KeyStore keyStore(Path folder, String algorithm) throws Exception {
    Path store = folder.resolve(algorithm + ".p12");
    Process process =
        new ProcessBuilder(
                List.of(
                    Path.of(System.getProperty("java.home"), "bin", "keytool").toString(),
                    "-genkeypair",
                    "-alias",
                    "server",
                    "-keyalg",
                    algorithm,
                    "-dname",
                    "CN=localhost",
                    "-ext",
                    "SAN=dns:localhost,ip:127.0.0.1",
                    "-validity",
                    "2",
                    "-storetype",
                    "PKCS12",
                    "-storepass",
                    "testing",
                    "-keystore",
                    store.toString()))
            .redirectErrorStream(true)
            .redirectOutput(folder.resolve("keytool.log").toFile())
            .start();
    if (!process.waitFor(60, TimeUnit.SECONDS) || process.exitValue() != 0) {
      throw new AssertionError(Files.readString(folder.resolve("keytool.log")));
    }
    KeyStore keys = KeyStore.getInstance("PKCS12");
    try (InputStream in = Files.newInputStream(store)) {
      keys.load(in, "testing".toCharArray());
    }
    return keys;
  }

  public static Path write(Path folder, KeyStore keys) throws Exception {
    Path file = folder.resolve("server.pem");
    Files.writeString(
        file,
        pem("CERTIFICATE", keys.getCertificate("server").getEncoded())
            + pem("PRIVATE KEY", keys.getKey("server", "testing".toCharArray()).getEncoded()));
    return file;
  }

  static String pem(String kind, byte[] der) {
    return "-----BEGIN "
        + kind
        + "-----\n"
        + Base64.getMimeEncoder(64, new byte[] {'\n'}).encodeToString(der)
        + "\n-----END "
        + kind
        + "-----\n";
  }
}
