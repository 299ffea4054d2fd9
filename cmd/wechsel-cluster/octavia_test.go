package main

import (
	"strings"
	"testing"

	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
)

func TestOVNRefusesWhatItCannotDo(t *testing.T) {
	for annotation, want := range map[string]string{
		"proxy-protocol=true": "PROXY protocol", "proxy-protocol=v2": "PROXYV2 protocol", "proxy-protocol=false": "", "x-forwarded-for=true": "HTTP protocol",
		"default-tls-container-ref=https://kms/1": "TERMINATED_HTTPS protocol", "lb-method=ROUND_ROBIN": "ROUND_ROBIN algorithm", "lb-method=SOURCE_IP_PORT": "",
		"timeout-client-data=60000": "", "flavor-id=large": "", "availability-zone=az1": "",
	} {
		name, value, _ := strings.Cut(annotation, "=")
		why := ovnRefuses("isar", &corev1.Service{ObjectMeta: metav1.ObjectMeta{Name: "web", Namespace: "shop", Annotations: map[string]string{octavia + name: value}}})
		if (why == "") != (want == "") || !strings.Contains(why, want) {
			t.Errorf("%s: %q", annotation, why)
		}
		if why != "" && (!strings.Contains(why, "Provider 'ovn' does not support a requested option: OVN provider does not support "+want) || !strings.Contains(why, "kube_service_isar_shop_web")) {
			t.Errorf("%s: %q is not in the service's words", annotation, why)
		}
	}
}
