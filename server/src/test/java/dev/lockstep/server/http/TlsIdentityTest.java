package dev.lockstep.server.http;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.math.BigInteger;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.Key;
import java.security.KeyStore;
import java.security.interfaces.ECPrivateKey;
import java.util.Arrays;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class TlsIdentityTest {
  @TempDir Path folder;

  /// The key inside of a PKCS#8 envelope: its last element, an octet string.
  private static byte[] inner(byte[] pkcs8) {
    int start = content(pkcs8, 0);
    int version = content(pkcs8, start) + length(pkcs8, start);
    int algorithm = content(pkcs8, version) + length(pkcs8, version);
    int from = content(pkcs8, algorithm);
    return Arrays.copyOfRange(pkcs8, from, from + length(pkcs8, algorithm));
  }

  private static int content(byte[] der, int position) {
    int first = der[position + 1] & 0xff;
    return position + 2 + (first < 0x80 ? 0 : first & 0x7f);
  }

  private static int length(byte[] der, int position) {
    int first = der[position + 1] & 0xff;
    if (first < 0x80) {
      return first;
    }
    int length = 0;
    for (int i = 0; i < (first & 0x7f); i++) {
      length = length << 8 | (der[position + 2 + i] & 0xff);
    }
    return length;
  }

  private Path pem(String text) throws IOException {
    return Files.writeString(folder.resolve("key.pem"), text);
  }

  private static Key read(Path file) throws Exception {
    TlsIdentity identity = TlsIdentity.read(file);
    return identity.keyStore().getKey("server", identity.password().toCharArray());
  }

  @Test
  void readsRsaKeysInBothForms() throws Exception {
    KeyStore keys = TestKeyFile.keyStore(folder, "RSA");
    Key key = keys.getKey("server", "testing".toCharArray());
    String certificate = TestKeyFile.pem("CERTIFICATE", keys.getCertificate("server").getEncoded());
    assertThat(read(pem(TestKeyFile.pem("PRIVATE KEY", key.getEncoded()) + certificate)))
        .isEqualTo(key);
    assertThat(
            read(
                pem(
                    "text before\n"
                        + certificate
                        + TestKeyFile.pem("RSA PRIVATE KEY", inner(key.getEncoded())))))
        .isEqualTo(key);
  }

  @Test
  void readsEcKeysInPkcs8AndNamesWhatSec1Lacks() throws Exception {
    KeyStore keys = TestKeyFile.keyStore(folder, "EC");
    Key key = keys.getKey("server", "testing".toCharArray());
    String certificate = TestKeyFile.pem("CERTIFICATE", keys.getCertificate("server").getEncoded());
    assertThat(read(pem(TestKeyFile.pem("PRIVATE KEY", key.getEncoded()) + certificate)))
        .satisfies(read -> assertThat(secret(read)).isEqualTo(secret(key)));
    // Inside of PKCS#8 the curve is named by the envelope only; openssl's own form repeats it.
    byte[] bare = inner(key.getEncoded());
    Path file = pem(certificate + TestKeyFile.pem("EC PRIVATE KEY", bare));
    assertThatThrownBy(() -> TlsIdentity.read(file))
        .isInstanceOf(IOException.class)
        .hasMessageContaining("does not name its curve");
    assertThat(read(pem(certificate + TestKeyFile.pem("EC PRIVATE KEY", withCurve(bare, key)))))
        .satisfies(read -> assertThat(secret(read)).isEqualTo(secret(key)));
  }

  /// Encodings of equal keys differ: some repeat the public key.
  private static BigInteger secret(Key key) {
    return ((ECPrivateKey) key).getS();
  }

  /// SEC1: the sequence's content, then the curve under context tag 0.
  private static byte[] withCurve(byte[] sec1, Key key) {
    byte[] pkcs8 = key.getEncoded();
    int start = content(pkcs8, 0);
    int algorithm = content(pkcs8, start) + length(pkcs8, start);
    int oid = content(pkcs8, algorithm);
    int curve = content(pkcs8, oid) + length(pkcs8, oid);
    int curveEnd = content(pkcs8, curve) + length(pkcs8, curve);
    byte[] name = Arrays.copyOfRange(pkcs8, curve, curveEnd);
    // version and private key only: a public key that may follow would have to come after the
    // curve.
    int from = content(sec1, 0);
    int version = content(sec1, from) + length(sec1, from);
    int end = content(sec1, version) + length(sec1, version);
    int size = end - from + 2 + name.length;
    byte[] result = new byte[2 + size];
    result[0] = 0x30;
    result[1] = (byte) size;
    System.arraycopy(sec1, from, result, 2, end - from);
    result[2 + end - from] = (byte) 0xa0;
    result[3 + end - from] = (byte) name.length;
    System.arraycopy(name, 0, result, 4 + end - from, name.length);
    return result;
  }

  @Test
  void saysWhatIsMissing() throws Exception {
    KeyStore keys = TestKeyFile.keyStore(folder, "EC");
    String certificate = TestKeyFile.pem("CERTIFICATE", keys.getCertificate("server").getEncoded());
    Path noKey = pem(certificate);
    assertThatThrownBy(() -> TlsIdentity.read(noKey)).hasMessageContaining("no private key");
    Path noChain =
        pem(
            TestKeyFile.pem(
                "PRIVATE KEY", keys.getKey("server", "testing".toCharArray()).getEncoded()));
    assertThatThrownBy(() -> TlsIdentity.read(noChain)).hasMessageContaining("no certificate");
    Path encrypted = pem(certificate + TestKeyFile.pem("ENCRYPTED PRIVATE KEY", new byte[] {1}));
    assertThatThrownBy(() -> TlsIdentity.read(encrypted)).hasMessageContaining("encrypted");
  }
}
