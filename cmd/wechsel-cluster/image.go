package main

import (
	"crypto/sha256"
	"fmt"
	"slices"
	"strings"

	corev1 "k8s.io/api/core/v1"
)

// reference completes the name of an image as container runtimes do: without a
// host it is Docker Hub's. It returns the whole name and the host.
func reference(image string) (whole, host string) {
	first, rest, found := strings.Cut(image, "/")
	switch {
	case !found:
		return "docker.io/library/" + image, "docker.io"
	case strings.ContainsAny(first, ".:") || first == "localhost":
		return first + "/" + rest, first
	}
	return "docker.io/" + image, "docker.io"
}

// reaches tells whether nodes can pull the image, and the host that it is on.
func (p *provider) reaches(image string) (host string, reached bool) {
	_, host = reference(image)
	return host, !slices.Contains(p.Unreachable, host)
}

// imageID is what a runtime tells about an image that runs or has run: its
// repository and digest. The same name has the same digest on every cluster.
func imageID(image string, state corev1.ContainerState) string {
	if state.Waiting != nil {
		return ""
	}
	whole, _ := reference(image)
	repository, digest, pinned := strings.Cut(whole, "@")
	if !pinned {
		digest = fmt.Sprintf("sha256:%x", sha256.Sum256([]byte(whole)))
	}
	if i := strings.LastIndex(repository, ":"); i > strings.LastIndex(repository, "/") {
		repository = repository[:i]
	}
	return repository + "@" + digest
}
