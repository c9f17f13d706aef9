package isc

import (
	"context"
	"errors"
	"net/http"
	"net/url"
	"slices"
	"strings"

	"accountsync/account"

	"github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"
	"golang.org/x/sync/errgroup"
)

// tasksAtOnce is how many requests for task states are under way at once.
const tasksAtOnce = 8

type taskBody struct {
	ID       jsontext.Value `json:"id"`
	Status   jsontext.Value `json:"completionStatus"`
	Messages jsontext.Value `json:"messages"`
}

type taskMessage struct {
	Type          string `json:"type"` // INFO, WARN or ERROR
	Key           string `json:"key"`
	LocalizedText *struct {
		Message string `json:"message"`
	} `json:"localizedText"`
}

// Tasks asks for the state of tasks, many in one request, and one by one of a
// tenant that does not take a filter on ids. They come in the order of ids;
// one the API does not (yet) know is missing.
func (c *Client) Tasks(ctx context.Context, ids []string) ([]account.Task, error) {
	if !c.tasksOneByOne.Load() {
		tasks, err := c.tasksByFilter(ctx, ids)
		var e *Error
		if !errors.As(err, &e) || !e.is(http.StatusBadRequest) {
			return tasks, err
		}
		c.tasksOneByOne.Store(true)
	}
	return gather(ctx, ids, c.task)
}

// tasksByFilter asks for all ids with as few requests as their addresses allow.
func (c *Client) tasksByFilter(ctx context.Context, ids []string) ([]account.Task, error) {
	batches := split(ids, len(c.address(c.paths.tasks, taskQuery(nil))))
	tasks, err := gather(ctx, batches, c.taskBatch)
	if err != nil {
		return nil, err
	}
	place := make(map[string]int, len(ids))
	for i, id := range ids {
		place[id] = i
	}
	slices.SortFunc(tasks, func(a, b account.Task) int { return place[a.ID] - place[b.ID] })
	return slices.CompactFunc(tasks, func(a, b account.Task) bool { return a.ID == b.ID }), nil
}

// gather calls f for each item, several at once, and joins what comes back in
// the order of the items.
func gather[T any](ctx context.Context, items []T, f func(context.Context, T) ([]account.Task, error)) ([]account.Task, error) {
	results := make([][]account.Task, len(items))
	g, ctx := errgroup.WithContext(ctx)
	g.SetLimit(tasksAtOnce)
	for i, item := range items {
		g.Go(func() (err error) {
			results[i], err = f(ctx, item)
			return err
		})
	}
	if err := g.Wait(); err != nil {
		return nil, err
	}
	return slices.Concat(results...), nil
}

func taskQuery(ids []string) url.Values {
	return url.Values{"filters": {in("id", ids)}, "limit": {itoa(pageLimit)}}
}

func (c *Client) taskBatch(ctx context.Context, ids []string) ([]account.Task, error) {
	var bodies []taskBody
	r := request{method: http.MethodGet, path: c.paths.tasks, query: taskQuery(ids), scope: scopeTasks, idempotent: true, list: true}
	if err := c.get(ctx, r, &bodies); err != nil {
		return nil, err
	}
	tasks := make([]account.Task, len(bodies))
	for i, b := range bodies {
		if tasks[i] = b.task(); !slices.Contains(ids, tasks[i].ID) {
			return nil, r.void(ruleTasks)
		}
	}
	return tasks, nil
}

// task gets one task: a list of it, or an empty one when the API does not know it.
func (c *Client) task(ctx context.Context, id string) ([]account.Task, error) {
	var b taskBody
	r := request{method: http.MethodGet, path: below(c.paths.tasks, id), scope: scopeTasks, idempotent: true}
	err := c.get(ctx, r, &b)
	var e *Error
	if errors.As(err, &e) && e.NotFound() {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	t := b.task()
	if t.ID != id {
		return nil, r.void(ruleID)
	}
	return []account.Task{t}, nil
}

func (b taskBody) task() account.Task {
	return account.Task{ID: stringOf(b.ID), Status: taskStatus(stringOf(b.Status)), Message: taskText(b.Messages)}
}

// taskStatus makes one word of its spellings: TempError and TEMP_ERROR are TEMPERROR.
func taskStatus(s string) string {
	return strings.ToUpper(strings.NewReplacer("_", "", " ", "").Replace(s))
}

// taskText joins what a task says of itself: errors, then warnings, then the rest.
func taskText(raw jsontext.Value) string {
	var messages []taskMessage
	if len(raw) == 0 || json.Unmarshal(raw, &messages, lenient) != nil {
		return ""
	}
	slices.SortStableFunc(messages, func(a, b taskMessage) int { return a.rank() - b.rank() })
	var texts []string
	for _, m := range messages {
		text := m.Key
		if m.LocalizedText != nil && m.LocalizedText.Message != "" {
			text = m.LocalizedText.Message
		}
		if text != "" && !slices.Contains(texts, text) {
			texts = append(texts, text)
		}
	}
	return capped(strings.Join(texts, "; "), maxText)
}

func (m taskMessage) rank() int {
	switch strings.ToUpper(m.Type) {
	case "ERROR":
		return 0
	case "WARN", "WARNING":
		return 1
	}
	return 2
}
