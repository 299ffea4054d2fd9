package deploy

import "context"

func (e *engine) sweep(ctx context.Context) error { return nil }
