package main

import (
	"bytes"
	"context"

	"accountsync/reports"
)

// callWebhook posts the head of a result.
func (m *messenger) callWebhook(ctx context.Context, r *receiver, run *reports.Run, next string) error {
	var body bytes.Buffer
	if err := reports.WriteHead(ctx, &body, run, next); err != nil {
		return err
	}
	_, err := m.post(ctx, r.url.String(), "application/json", body.Bytes())
	return err
}
