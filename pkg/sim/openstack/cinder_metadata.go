package openstack

import (
	"maps"
	"net/http"
)

// A labelled object carries metadata of the tenant's.
type labelled struct {
	what     string // as in "Volume x has no metadata with key y."
	id       string
	metadata *map[string]string
}

func volumeMetadata(on func(string, handler)) {
	metadataRoutes(on, "/volumes/{id}", func(c *call) (labelled, error) {
		v, err := c.oneVolume(c.PathValue("id"))
		if err != nil {
			return labelled{}, err
		}
		return labelled{"Volume", v.id, &v.metadata}, nil
	})
}

func snapshotMetadata(on func(string, handler)) {
	metadataRoutes(on, "/snapshots/{id}", func(c *call) (labelled, error) {
		s, err := c.oneSnapshot(c.PathValue("id"))
		if err != nil {
			return labelled{}, err
		}
		return labelled{"Snapshot", s.id, &s.metadata}, nil
	})
}

// metadataRoutes registers the usual six ways to read and write metadata.
func metadataRoutes(on func(string, handler), path string, find func(*call) (labelled, error)) {
	with := func(act func(*call, labelled) (*reply, error)) handler {
		return func(c *call) (*reply, error) {
			l, err := find(c)
			if err != nil {
				return nil, err
			}
			return act(c, l)
		}
	}
	on("GET "+path+"/metadata", with(showMetadata))
	on("POST "+path+"/metadata", with(mergeMetadata))
	on("PUT "+path+"/metadata", with(replaceMetadata))
	on("GET "+path+"/metadata/{key}", with(showMetadatum))
	on("PUT "+path+"/metadata/{key}", with(setMetadatum))
	on("DELETE "+path+"/metadata/{key}", with(removeMetadatum))
}

func showMetadata(_ *call, l labelled) (*reply, error) {
	return ok(map[string]any{"metadata": *l.metadata}), nil
}

func (c *call) newMetadata(key string) (map[string]string, error) {
	form := metadataForm
	form.types = []string{"object"}
	if err := c.conform(schema{types: []string{"object"}, props: map[string]schema{key: form}, required: []string{key}, closed: true}); err != nil {
		return nil, err
	}
	doc, _ := c.document(key)
	return texts(doc), nil
}

func mergeMetadata(c *call, l labelled) (*reply, error) {
	add, err := c.newMetadata("metadata")
	if err != nil {
		return nil, err
	}
	all := maps.Clone(*l.metadata)
	maps.Copy(all, add)
	*l.metadata = all
	return ok(map[string]any{"metadata": all}), nil
}

func replaceMetadata(c *call, l labelled) (*reply, error) {
	all, err := c.newMetadata("metadata")
	if err != nil {
		return nil, err
	}
	*l.metadata = all
	return ok(map[string]any{"metadata": all}), nil
}

func (c *call) oneMetadatum(l labelled) (string, error) {
	key := c.PathValue("key")
	if _, there := (*l.metadata)[key]; !there {
		return "", refuse(http.StatusNotFound, "%s %s has no metadata with key %s.", l.what, l.id, key)
	}
	return key, nil
}

func showMetadatum(c *call, l labelled) (*reply, error) {
	key, err := c.oneMetadatum(l)
	if err != nil {
		return nil, err
	}
	return ok(map[string]any{"meta": map[string]string{key: (*l.metadata)[key]}}), nil
}

func setMetadatum(c *call, l labelled) (*reply, error) {
	one, err := c.newMetadata("meta")
	if err != nil {
		return nil, err
	}
	if _, there := one[c.PathValue("key")]; !there || len(one) != 1 {
		return nil, refuse(http.StatusBadRequest, "Request body and URI mismatch")
	}
	all := maps.Clone(*l.metadata)
	maps.Copy(all, one)
	*l.metadata = all
	return ok(map[string]any{"meta": one}), nil
}

func removeMetadatum(c *call, l labelled) (*reply, error) {
	key, err := c.oneMetadatum(l)
	if err != nil {
		return nil, err
	}
	delete(*l.metadata, key)
	return c.bare(http.StatusOK), nil
}
