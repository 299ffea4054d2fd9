package openstack

import (
	"crypto/md5"
	"crypto/rand"
	"crypto/rsa"
	"crypto/x509"
	"encoding/base64"
	"encoding/binary"
	"encoding/pem"
	"fmt"
	"math/big"
	"net/http"
	"slices"
	"strings"
	"time"
)

// A keypair belongs to a user, in whatever project he is.
type keypair struct {
	name, kind, public, fingerprint, user string
	created                               time.Time
	number                                int
}

func keypairRoutes(on func(string, handler)) {
	on("GET /os-keypairs", listKeypairs)
	on("POST /os-keypairs", createKeypair)
	on("GET /os-keypairs/{name}", showKeypair)
	on("DELETE /os-keypairs/{name}", deleteKeypair)
}

// keypairOwner is the caller, or whom an administrator names.
func (c *call) keypairOwner(rule string) (string, error) {
	user := c.URL.Query().Get("user_id")
	if user == "" || user == c.token.user.id || !c.version.since(2, 10) {
		return c.token.user.id, nil
	}
	if !c.admin() {
		return "", notAllowed(rule)
	}
	return user, nil
}

func createKeypair(c *call) (*reply, error) {
	doc, _ := c.document("keypair")
	owner := c.token.user.id
	if u := text(doc["user_id"]); u != "" && u != owner {
		if !c.admin() {
			return nil, notAllowed("os_compute_api:os-keypairs:create")
		}
		owner = u
	}
	k := &keypair{name: text(doc["name"]), kind: "ssh", user: owner, created: c.now}
	if t := text(doc["type"]); t != "" {
		k.kind = t
	}
	private, err := k.fill(c, doc)
	if err != nil {
		return nil, err
	}
	c.cloud.compute.keypairs.Put(owner+"/"+k.name, "", k)
	body := c.keypairBody(k)
	body["user_id"] = owner
	if private != "" {
		body["private_key"] = private
	}
	status := http.StatusOK
	if c.version.since(2, 2) {
		status = http.StatusCreated
	}
	return with(status, map[string]any{"keypair": body}), nil
}

// fill checks the quota and the key, in this order, and makes a key where none
// is given.
func (k *keypair) fill(c *call, doc map[string]any) (private string, err error) {
	count := int64(0)
	for other := range c.cloud.compute.keypairs.All() {
		if other.user == k.user {
			count++
			k.number = max(k.number, other.number+1)
		}
	}
	if most := c.cloud.limit(c.project(), "compute.key_pairs"); most >= 0 && count >= most {
		return "", refuse(http.StatusForbidden, "Quota exceeded, too many key pairs.")
	}
	if _, given := doc["public_key"]; given {
		k.public = text(doc["public_key"])
	} else if k.public, private, err = k.generate(); err != nil {
		return "", err
	}
	if k.fingerprint, err = k.sum(); err != nil {
		return "", err
	}
	if _, there := c.cloud.compute.keypairs.Get(k.user + "/" + k.name); there {
		return "", refuse(http.StatusConflict, "Key pair '%s' already exists.", k.name)
	}
	return private, nil
}

// sum is the fingerprint of the key or the certificate.
func (k *keypair) sum() (string, error) {
	if k.kind == "x509" {
		return certificateSum(k.public)
	}
	sum, valid := fingerprint(k.public)
	if !valid {
		return "", refuse(http.StatusBadRequest, "Keypair data is invalid: failed to generate fingerprint")
	}
	return sum, nil
}

// generate makes a key, or a certificate for Windows with its key.
func (k *keypair) generate() (public, private string, err error) {
	if k.kind == "x509" {
		return generateCertificate(k.user, k.created)
	}
	return generateKey()
}

// fingerprint is the MD5 sum of a public key in OpenSSH's form. A key is valid
// when the type that it begins with is the type that it says.
func fingerprint(public string) (string, bool) {
	parts := strings.Fields(public)
	if len(parts) < 2 {
		return "", false
	}
	data, err := base64.StdEncoding.DecodeString(parts[1])
	if err != nil || len(data) < 4 {
		return "", false
	}
	n := binary.BigEndian.Uint32(data)
	if int64(n)+4 > int64(len(data)) || string(data[4:4+n]) != parts[0] || int(n)+4 == len(data) {
		return "", false
	}
	sum := md5.Sum(data)
	return colons(sum[:]), true
}

func colons(sum []byte) string {
	hexes := make([]string, len(sum))
	for i, b := range sum {
		hexes[i] = fmt.Sprintf("%02x", b)
	}
	return strings.Join(hexes, ":")
}

// generateKey makes an RSA key of 2048 bits, as Nova does.
func generateKey() (public, private string, err error) {
	key, err := rsa.GenerateKey(rand.Reader, 2048)
	if err != nil {
		return "", "", fmt.Errorf("cannot generate a key: %w", err)
	}
	var blob []byte
	for _, part := range [][]byte{[]byte("ssh-rsa"), big.NewInt(int64(key.E)).Bytes(), append([]byte{0}, key.N.Bytes()...)} {
		blob = binary.BigEndian.AppendUint32(blob, uint32(len(part)))
		blob = append(blob, part...)
	}
	private = string(pem.EncodeToMemory(&pem.Block{Type: "RSA PRIVATE KEY", Bytes: x509.MarshalPKCS1PrivateKey(key)}))
	return "ssh-rsa " + base64.StdEncoding.EncodeToString(blob) + " Generated-by-Nova", private, nil
}

func (c *call) keypairBody(k *keypair) map[string]any {
	body := map[string]any{"name": k.name, "public_key": k.public, "fingerprint": k.fingerprint}
	if c.version.since(2, 2) {
		body["type"] = k.kind
	}
	return body
}

func listKeypairs(c *call) (*reply, error) {
	owner, err := c.keypairOwner("os_compute_api:os-keypairs:index")
	if err != nil {
		return nil, err
	}
	var list []*keypair
	for k := range c.cloud.compute.keypairs.All() {
		if k.user == owner {
			list = append(list, k)
		}
	}
	slices.SortFunc(list, func(a, b *keypair) int { return strings.Compare(a.name, b.name) })
	var next any
	if c.version.since(2, 35) {
		q := c.URL.Query()
		if m := q.Get("marker"); m != "" && !slices.ContainsFunc(list, func(k *keypair) bool { return k.name == m }) {
			return nil, refuse(http.StatusBadRequest, "Marker %s could not be found.", m)
		}
		if list, next, err = novaPage(c, list, func(k *keypair) string { return k.name }, "/os-keypairs", false); err != nil {
			return nil, err
		}
	}
	out := []any{}
	for _, k := range list {
		out = append(out, map[string]any{"keypair": c.keypairBody(k)})
	}
	body := map[string]any{"keypairs": out}
	if next != nil {
		body["keypairs_links"] = next
	}
	return ok(body), nil
}

func (c *call) oneKeypair(rule string) (*keypair, error) {
	owner, err := c.keypairOwner(rule)
	if err != nil {
		return nil, err
	}
	k, there := c.cloud.compute.keypairs.Get(owner + "/" + c.PathValue("name"))
	if !there {
		return nil, refuse(http.StatusNotFound, "Keypair %s not found for user %s", c.PathValue("name"), owner)
	}
	return k, nil
}

func showKeypair(c *call) (*reply, error) {
	k, err := c.oneKeypair("os_compute_api:os-keypairs:show")
	if err != nil {
		return nil, err
	}
	body := c.keypairBody(k)
	for name, v := range map[string]any{"created_at": moment(k.created, novaLong), "deleted": false, "deleted_at": nil, "id": k.number + 1,
		"user_id": k.user, "updated_at": nil} {
		body[name] = v
	}
	return ok(map[string]any{"keypair": body}), nil
}

func deleteKeypair(c *call) (*reply, error) {
	k, err := c.oneKeypair("os_compute_api:os-keypairs:delete")
	if err != nil {
		return nil, err
	}
	c.cloud.compute.keypairs.Delete(k.user + "/" + k.name)
	if c.version.since(2, 2) {
		return empty(http.StatusNoContent), nil
	}
	return empty(http.StatusAccepted), nil
}
