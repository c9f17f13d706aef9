package sandbox

import (
	"net/http"
	"slices"
	"strings"
	"time"
)

// kinds of tasks: the name and description a task status carries.
const (
	kindCreate  = "Account Create"
	kindUpdate  = "Account Update"
	kindDelete  = "Account Delete"
	kindEnable  = "Account Enable"
	kindDisable = "Account Disable"
	kindUnlock  = "Account Unlock"
	kindReload  = "Account Reload"

	kindAggregation = "Cloud Account Aggregation"
)

// launches is what the filters type and launcher name a task by.
func (t *task) launches() string {
	if t.kind == kindAggregation {
		return "CLOUD_ACCOUNT_AGGREGATION"
	}
	return t.queue()
}

// queue is the type a task status shows.
func (t *task) queue() string {
	if t.kind == kindAggregation {
		return "QUARTZ"
	}
	return "QUEUED_TASK"
}

// described is the task in words.
func (t *task) described() string {
	if t.native == "" {
		return t.kind + " on " + t.source.Name
	}
	return t.kind + " of " + t.native + " on " + t.source.Name
}

// getTask serves GET /task-status/{id}.
func (s *Server) getTask(c *call) (*reply, *problem) {
	t := s.tasks.byID[c.route.id]
	if t == nil || !t.visible(c.now) {
		return nil, notFound("There is no task %s.", c.route.id)
	}
	return jsonReply(http.StatusOK, s.taskRow(c)(nil, t)), nil
}

// listTasks serves GET /task-status: as documented all tasks, or the completed ones only under v2024 and beta.
func (s *Server) listTasks(c *call) (*reply, *problem) {
	q, p := c.listQuery()
	if p != nil {
		return nil, p
	}
	match, filter, p := bindFilter(q.filters, taskFieldsOf(q.version))
	if p != nil {
		return nil, p
	}
	order, p := bindSorters(q.sorters, taskSorters)
	if p != nil {
		return nil, p
	}
	running := listsRunning(q.version) || s.config.settings.ListRunningTasks
	rows := s.selectTasks(c.now, filter, func(t *task) bool { return (t.done || running) && match(t) })
	if order != nil {
		slices.SortStableFunc(rows, order)
	}
	return listReply(q, rows, s.taskRow(c)), nil
}

// selectTasks goes by the ids of the filter where it has some, else through all tasks.
func (s *Server) selectTasks(now time.Time, filter node, match func(*task) bool) []*task {
	candidates := s.tasks.all
	if ids, ok := required(filter, "id"); ok {
		candidates = nil
		for _, id := range ids {
			if t := s.tasks.byID[id]; t != nil && !slices.Contains(candidates, t) {
				candidates = append(candidates, t)
			}
		}
	}
	var rows []*task
	for _, t := range candidates {
		if t.visible(now) && match(t) {
			rows = append(rows, t)
		}
	}
	return rows
}

// listPendingTasks serves GET /task-status/pending-tasks.
func (s *Server) listPendingTasks(c *call) (*reply, *problem) {
	q, p := c.listQuery()
	if p != nil {
		return nil, p
	}
	var rows []*task
	for _, t := range s.tasks.all {
		if t.visible(c.now) && !t.done {
			rows = append(rows, t)
		}
	}
	return listReply(q, rows, s.taskRow(c)), nil
}

// taskRow is how a task is written in answer to a call: under FaultForeignTask with the id of a task nobody has.
func (s *Server) taskRow(c *call) func([]byte, *task) []byte {
	if c.fault.Kind != FaultForeignTask {
		return s.appendTask
	}
	return func(dst []byte, t *task) []byte {
		foreign := *t
		foreign.id = deriveID(s.store.seed, "foreign task", t.id)
		return s.appendTask(dst, &foreign)
	}
}

// appendTask writes a TaskStatus with all documented members.
func (s *Server) appendTask(dst []byte, t *task) []byte {
	created := stamp(t.created.UnixMilli())
	dst = append(dst, `{"id":`...)
	dst = quote(dst, t.id)
	dst = member(dst, "type", t.queue())
	dst = member(dst, "uniqueName", t.kind)
	dst = member(dst, "description", t.described())
	dst = append(dst, `,"parentName":null,"launcher":"sandbox","target":{"type":"APPLICATION"`...)
	dst = member(dst, "id", t.source.id)
	dst = append(member(dst, "name", t.source.Name), '}')
	dst = member(dst, "created", created)
	dst = member(dst, "launched", created)
	dst = t.appendOutcome(dst, created)
	dst = append(dst, `,"returns":[{"name":"Applications","attributeName":"applications"}],"attributes":{"applications":1}`...)
	dst = append(dst, `,"taskDefinitionSummary":{"id":`...)
	dst = quote(dst, deriveID(s.store.seed, "definition", t.kind))
	dst = member(dst, "uniqueName", t.kind)
	dst = member(dst, "description", t.kind)
	return append(dst, `,"parentName":"Account Task","executor":"sandbox","arguments":{}}}`...)
}

// appendOutcome writes what changes when the task is done.
func (t *task) appendOutcome(dst []byte, created string) []byte {
	if !t.done {
		dst = member(dst, "modified", created)
		return append(dst, `,"completed":null,"completionStatus":null,"messages":[],"progress":"Processing","percentComplete":50`...)
	}
	completed := stamp(t.due.UnixMilli())
	dst = member(dst, "modified", completed)
	dst = member(dst, "completed", completed)
	dst = member(dst, "completionStatus", t.status)
	dst = append(dst, `,"messages":[`...)
	for i, text := range t.told() {
		if i > 0 {
			dst = append(dst, ',')
		}
		dst = t.appendMessage(dst, text)
	}
	return append(dst, `],"progress":null,"percentComplete":100`...)
}

// told are the messages of a finished task.
func (t *task) told() []string {
	if t.messages == nil && t.note != "" {
		return []string{t.note}
	}
	return t.messages
}

func (t *task) appendMessage(dst []byte, text string) []byte {
	kind, key := "ERROR", "account_task_failed"
	switch strings.ToUpper(t.status) {
	case statusSuccess:
		kind, key = "INFO", "account_task_note"
	case "WARNING":
		kind, key = "WARN", "account_task_warning"
	}
	dst = append(dst, `{"type":"`+kind+`","localizedText":{"locale":"en-US"`...)
	dst = append(member(dst, "message", text), '}')
	dst = member(dst, "key", key)
	return append(dst, `,"parameters":[]}`...)
}
