package main

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/x509"
	"encoding/pem"
	"net"
	"os"
	"path/filepath"

	"k8s.io/client-go/util/cert"
	"k8s.io/client-go/util/keyutil"
)

// files are the secrets of a cluster: they live as long as it does, in its folder.
type files struct {
	certificate, key string // of the server
	account          string // signs the tokens of service accounts
	tokens           string // who may log in
	authority        []byte // PEM: who signed the server's certificate
	token            string
}

// writeFiles makes what the server identifies itself and others with.
func writeFiles(folder string) (files, error) {
	f := files{
		certificate: filepath.Join(folder, "server.crt"),
		key:         filepath.Join(folder, "server.key"),
		account:     filepath.Join(folder, "account.key"),
		tokens:      filepath.Join(folder, "tokens.csv"),
		token:       rand.Text(),
	}
	certificate, key, err := cert.GenerateSelfSignedCertKey("127.0.0.1", []net.IP{net.IPv4(127, 0, 0, 1)}, []string{"localhost", "kubernetes.default.svc"})
	if err != nil {
		return f, err
	}
	f.authority = certificate
	account, err := newKey()
	if err != nil {
		return f, err
	}
	for path, content := range map[string][]byte{
		f.certificate: certificate, f.key: key, f.account: account,
		f.tokens: []byte(f.token + ",admin,admin,system:masters\n"),
	} {
		if err := os.WriteFile(path, content, 0o600); err != nil {
			return f, err
		}
	}
	return f, nil
}

func newKey() ([]byte, error) {
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		return nil, err
	}
	der, err := x509.MarshalECPrivateKey(key)
	if err != nil {
		return nil, err
	}
	return pem.EncodeToMemory(&pem.Block{Type: keyutil.ECPrivateKeyBlockType, Bytes: der}), nil
}
