package openstack

import (
	"crypto/rand"
	"crypto/rsa"
	"crypto/sha1"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/base64"
	"encoding/pem"
	"fmt"
	"math/big"
	"net/http"
	"time"
)

// certificateSum is the SHA-1 sum of a certificate, as Nova shows it.
func certificateSum(text string) (string, error) {
	block, _ := pem.Decode([]byte(text))
	if block == nil {
		return "", refuse(http.StatusBadRequest, "Keypair data is invalid: failed to generate X509 fingerprint. Error message: Unable to load PEM file. "+
			"See https://cryptography.io/en/latest/faq/#why-can-t-i-import-my-pem-file for more details. MalformedFraming")
	}
	cert, err := x509.ParseCertificate(block.Bytes)
	if err != nil {
		return "", refuse(http.StatusBadRequest, "Keypair data is invalid: failed to generate X509 fingerprint. Error message: error parsing asn1 value: %s", err)
	}
	sum := sha1.Sum(cert.Raw)
	return colons(sum[:]), nil
}

// generateCertificate makes a certificate for a user, valid for ten years, and
// its key. Nova's key comes in PKCS 12; nobody opens it here, so PKCS 8 does.
func generateCertificate(user string, now time.Time) (public, private string, err error) {
	key, err := rsa.GenerateKey(rand.Reader, 2048)
	if err != nil {
		return "", "", fmt.Errorf("cannot generate a key: %w", err)
	}
	template := &x509.Certificate{SerialNumber: big.NewInt(now.Unix()), Subject: pkix.Name{CommonName: user}, NotBefore: now, NotAfter: now.AddDate(10, 0, 0),
		ExtKeyUsage: []x509.ExtKeyUsage{x509.ExtKeyUsageClientAuth}}
	raw, err := x509.CreateCertificate(rand.Reader, template, template, &key.PublicKey, key)
	if err != nil {
		return "", "", fmt.Errorf("cannot make a certificate: %w", err)
	}
	secret, err := x509.MarshalPKCS8PrivateKey(key)
	if err != nil {
		return "", "", fmt.Errorf("cannot write a key: %w", err)
	}
	return string(pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: raw})), base64.StdEncoding.EncodeToString(secret), nil
}
