package openstack

import (
	"cmp"
	"strings"
)

// Place names the project that a cloud's entry in clouds.yaml leads to, as far
// as the file tells: two entries of one project have one place, so that nobody
// works there twice at once. Nothing is contacted.
func Place(o Options) (string, error) {
	l, err := o.login()
	if err != nil {
		return "", err
	}
	a := l.auth
	project := cmp.Or(a.TenantID, a.TenantName, a.ApplicationCredentialID, a.ApplicationCredentialName)
	if a.Scope != nil {
		project = cmp.Or(a.Scope.ProjectID, a.Scope.ProjectName, project)
	}
	return strings.Join([]string{strings.TrimSuffix(withoutUser(a.IdentityEndpoint), "/"), l.endpoint.Region, project}, " "), nil
}
