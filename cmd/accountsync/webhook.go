package main

import (
	"bytes"
	"context"

	"accountsync/reports"
	"accountsync/sync"
)

// callWebhook posts the head of a result.
func (m *messenger) callWebhook(ctx context.Context, r *receiver, result *sync.Result, next string) error {
	var body bytes.Buffer
	if err := reports.WriteHead(&body, result, next); err != nil {
		return err
	}
	_, err := m.post(ctx, r.url.String(), "application/json", body.Bytes())
	return err
}
