package dev.lockstep.server.http;

import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.GeneralSecurityException;
import java.security.KeyFactory;
import java.security.KeyStore;
import java.security.PrivateKey;
import java.security.cert.Certificate;
import java.security.cert.CertificateFactory;
import java.security.spec.InvalidKeySpecException;
import java.security.spec.PKCS8EncodedKeySpec;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Base64;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/// The private key and certificate chain of a server, from one PEM file with both in any order, as
/// `--ssl.keyfile` wants it. Keys in PKCS#8, PKCS#1 (RSA) and SEC1 (EC) are read; encrypted ones
/// are refused.
public final class TlsIdentity {
  private static final Pattern BLOCK =
      Pattern.compile("-----BEGIN ([A-Z0-9 ]+)-----([^-]*)-----END \\1-----");

  /// AlgorithmIdentifier of RSA: OID 1.2.840.113549.1.1.1 with NULL parameters.
  private static final byte[] RSA_ALGORITHM = {
    0x30, 0x0d, 0x06, 0x09, 0x2a, (byte) 0x86, 0x48, (byte) 0x86, (byte) 0xf7, 0x0d, 1, 1, 1, 5, 0
  };

  /// OID 1.2.840.10045.2.1, the EC public key.
  private static final byte[] EC_OID = {6, 7, 0x2a, (byte) 0x86, 0x48, (byte) 0xce, 0x3d, 2, 1};

  private final KeyStore keyStore;
  private final String password;

  private TlsIdentity(KeyStore keyStore, String password) {
    this.keyStore = keyStore;
    this.password = password;
  }

  /// @throws IOException if the file cannot be read or holds no usable key and chain; the message
  ///   says which
  public static TlsIdentity read(Path file) throws IOException {
    PrivateKey key = null;
    List<Certificate> chain = new ArrayList<>();
    Matcher blocks = BLOCK.matcher(Files.readString(file, StandardCharsets.ISO_8859_1));
    try {
      while (blocks.find()) {
        String kind = blocks.group(1);
        byte[] der = Base64.getMimeDecoder().decode(blocks.group(2));
        switch (kind) {
          case "CERTIFICATE" ->
              chain.add(
                  CertificateFactory.getInstance("X.509")
                      .generateCertificate(new ByteArrayInputStream(der)));
          case "PRIVATE KEY" -> key = privateKey(der);
          case "RSA PRIVATE KEY" -> key = privateKey(pkcs8(RSA_ALGORITHM, der));
          case "EC PRIVATE KEY" -> key = privateKey(pkcs8(ecAlgorithm(der), der));
          case "ENCRYPTED PRIVATE KEY" ->
              throw new IOException(file + ": the private key is encrypted; store it unencrypted");
          default -> {
            // Parameters and comments: nothing we need.
          }
        }
      }
      if (key == null) {
        throw new IOException(file + ": no private key in PEM form");
      }
      if (chain.isEmpty()) {
        throw new IOException(file + ": no certificate in PEM form");
      }
      String password = "in-memory";
      KeyStore store = KeyStore.getInstance("PKCS12");
      store.load(null, null);
      store.setKeyEntry("server", key, password.toCharArray(), chain.toArray(new Certificate[0]));
      return new TlsIdentity(store, password);
    } catch (GeneralSecurityException | IllegalArgumentException e) {
      throw new IOException(file + ": " + e.getMessage(), e);
    }
  }

  private static PrivateKey privateKey(byte[] pkcs8) throws GeneralSecurityException {
    for (String algorithm : List.of("RSA", "EC", "EdDSA", "RSASSA-PSS")) {
      try {
        return KeyFactory.getInstance(algorithm).generatePrivate(new PKCS8EncodedKeySpec(pkcs8));
      } catch (InvalidKeySpecException e) {
        // The next algorithm may read it.
      }
    }
    throw new InvalidKeySpecException("the private key is neither RSA, EC nor EdDSA");
  }

  /// PrivateKeyInfo: version 0, algorithm, the key as an octet string.
  private static byte[] pkcs8(byte[] algorithm, byte[] key) {
    return tagged(0x30, concat(new byte[] {2, 1, 0}, algorithm, tagged(0x04, key)));
  }

  /// SEC1 keys name their curve inside, under context tag 0.
  private static byte[] ecAlgorithm(byte[] sec1) throws GeneralSecurityException {
    byte[] curve = contextTagZero(sec1);
    if (curve == null) {
      throw new InvalidKeySpecException("the EC private key does not name its curve");
    }
    return tagged(0x30, concat(EC_OID, curve));
  }

  private static byte @Nullable [] contextTagZero(byte[] sec1) {
    int position = contentStart(sec1, 0);
    while (position < sec1.length) {
      int start = contentStart(sec1, position);
      int end = start + contentLength(sec1, position);
      if ((sec1[position] & 0xff) == 0xa0) {
        return Arrays.copyOfRange(sec1, start, end);
      }
      position = end;
    }
    return null;
  }

  private static int contentStart(byte[] der, int position) {
    int first = der[position + 1] & 0xff;
    return position + 2 + (first < 0x80 ? 0 : first & 0x7f);
  }

  private static int contentLength(byte[] der, int position) {
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

  private static byte[] tagged(int tag, byte[] content) {
    ByteArrayOutputStream out = new ByteArrayOutputStream();
    out.write(tag);
    if (content.length < 0x80) {
      out.write(content.length);
    } else if (content.length < 0x100) {
      out.write(0x81);
      out.write(content.length);
    } else {
      out.write(0x82);
      out.write(content.length >> 8);
      out.write(content.length);
    }
    out.writeBytes(content);
    return out.toByteArray();
  }

  private static byte[] concat(byte[]... parts) {
    ByteArrayOutputStream out = new ByteArrayOutputStream();
    for (byte[] part : parts) {
      out.writeBytes(part);
    }
    return out.toByteArray();
  }

  KeyStore keyStore() {
    return keyStore;
  }

  String password() {
    return password;
  }
}
