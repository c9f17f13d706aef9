package reports

import (
	"io"
	"net/url"
	"os"
	"path/filepath"
	"strconv"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/common/expfmt"
	"github.com/prometheus/common/model"

	"accountsync/diff"
	"accountsync/internal/text"
	"accountsync/sync"
)

// MetricsProm is the name of the report for node_exporter's textfile collector.
const MetricsProm = "metrics.prom"

// writeMetrics writes the run as metrics. When each command of a source last
// ran and last succeeded is carried over from the file of the runs before.
func (f *Files) writeMetrics(r *sync.Head) error {
	return f.write(MetricsProm, func(w io.Writer) error {
		return renderMetrics(w, r, func(g *gauges) { g.carryOver(filepath.Join(f.dir, MetricsProm)) })
	})
}

func renderMetrics(w io.Writer, r *sync.Head, begin func(*gauges)) error {
	registry := prometheus.NewRegistry()
	g := newGauges(registry)
	begin(g)
	g.result(r)
	families, err := registry.Gather()
	if err != nil {
		return err
	}
	for _, f := range families {
		if _, err := expfmt.MetricFamilyToText(w, f); err != nil {
			return err
		}
	}
	return nil
}

// gauges are the metrics of a run. All carry the tenant's host, the command and
// the source, so that the files of several sources can lie side by side.
type gauges struct {
	registry prometheus.Registerer
	labels   []string // of the run: tenant, command, source

	lastRun, lastSuccess, info, duration, exit  *prometheus.GaugeVec
	requests, codes, throttled, retried         *prometheus.GaugeVec
	operations, rows, accounts, orphans, proven *prometheus.GaugeVec
	planned, limit, tripped, allowed            *prometheus.GaugeVec
}

var runLabels = []string{"tenant", "command", "source"}

func newGauges(registry prometheus.Registerer) *gauges {
	g := &gauges{registry: registry}
	g.lastRun = g.gauge("last_run_timestamp_seconds", "When the command last ended.")
	g.lastSuccess = g.gauge("last_success_timestamp_seconds", "When the command last ended with exit status 0.")
	g.info = g.gauge("run_info", "How the last run ended, and by which version; always 1.", "outcome", "version", "api")
	g.duration = g.gauge("run_duration_seconds", "How long the last run took.")
	g.exit = g.gauge("exit_code", "Exit status of the last run.")
	g.requests = g.gauge("requests", "Requests sent by the last run, retries included.")
	g.codes = g.gauge("requests_by_code", "Requests of the last run by HTTP status; 0 is no answer.", "code")
	g.throttled = g.gauge("throttled_seconds", "Time in which the last run could not send because the API said so.")
	g.retried = g.gauge("requests_retried", "Requests that the last run sent again.")
	g.operations = g.gauge("operations", "Operations of the last run by kind and state.", "op", "state")
	g.rows = g.gauge("rows", "Rows of the desired state by what became of them.", "state")
	g.accounts = g.gauge("accounts", "Accounts: desired by the file, live on the source.", "side")
	g.orphans = g.gauge("orphans", "Live accounts without a row that were left alone.")
	g.proven = g.gauge("listing_proven", "Whether the list of live accounts was verified complete.")
	g.planned = g.gauge("guard_planned", "What the plan holds of what a guard counts.", "guard", "subject")
	g.limit = g.gauge("guard_limit", "How much of it the guard lets pass.", "guard", "subject")
	g.tripped = g.gauge("guard_tripped", "Whether the guard blocked the run.", "guard", "subject")
	g.allowed = g.gauge("guard_overruled", "Whether somebody let the plan past the guard.", "guard", "subject")
	return g
}

func (g *gauges) gauge(name, help string, labels ...string) *prometheus.GaugeVec {
	v := prometheus.NewGaugeVec(prometheus.GaugeOpts{Namespace: "accountsync", Name: name, Help: help}, append(runLabels[:3:3], labels...))
	g.registry.MustRegister(v)
	return v
}

func (g *gauges) set(v *prometheus.GaugeVec, value float64, labels ...string) {
	all := append(g.labels[:3:3], labels...)
	for i, l := range all {
		all[i] = text.Visible(l)
	}
	v.WithLabelValues(all...).Set(value)
}

// result sets what is known of a run and its sources.
func (g *gauges) result(r *sync.Head) {
	g.run(r)
	if known(r) {
		g.source(r)
	}
}

// run sets what is known of the run as a whole.
func (g *gauges) run(r *sync.Head) {
	g.labels = []string{host(r.Tenant), r.Command, sourceLabel(r)}
	ended := float64(r.Finished.UnixMilli()) / 1000
	g.set(g.lastRun, ended)
	if r.ExitCode == 0 {
		g.set(g.lastSuccess, ended)
	}
	g.set(g.info, 1, string(r.Outcome), r.Version, r.API)
	g.set(g.duration, r.Finished.Sub(r.Started).Seconds())
	g.set(g.exit, float64(r.ExitCode))
	g.set(g.requests, float64(r.Requests.Total))
	g.set(g.retried, float64(r.Requests.Retried))
	g.set(g.throttled, (time.Duration(r.Requests.PausedMS) * time.Millisecond).Seconds())
	for _, c := range r.Requests.ByCode {
		g.set(g.codes, float64(c.Count), strconv.Itoa(c.Code))
	}
	if r.Requests.ByCode == nil && r.Requests.Throttled > 0 {
		g.set(g.codes, float64(r.Requests.Throttled), "429")
	}
}

// source sets what is known of one source of the run.
func (g *gauges) source(s *sync.Head) {
	g.labels = []string{g.labels[0], g.labels[1], sourceName(s)}
	for _, op := range diff.Ops {
		for _, state := range sync.States {
			g.set(g.operations, float64(*s.Totals.Op(op).State(state)), string(op), string(state))
		}
	}
	g.set(g.rows, float64(s.Totals.Kept), string(sync.Kept))
	g.set(g.rows, float64(s.Totals.Rejected), string(sync.Rejected))
	g.set(g.orphans, float64(s.Totals.Orphan))
	if s.Input.File != "" {
		g.set(g.accounts, float64(s.Input.Rows), "desired")
	}
	if s.Listing.Tries > 0 {
		g.set(g.accounts, float64(s.Listing.Accounts), "live")
		g.set(g.proven, truth(s.Listing.Proven))
	}
	for _, guard := range s.Guards {
		subject := guard.Attribute + string(guard.Op)
		g.set(g.planned, float64(guard.Planned), guard.Name, subject)
		g.set(g.limit, float64(guard.Limit), guard.Name, subject)
		g.set(g.tripped, truth(guard.Tripped), guard.Name, subject)
		g.set(g.allowed, truth(guard.AllowedBy != ""), guard.Name, subject)
	}
}

func truth(b bool) float64 {
	if b {
		return 1
	}
	return 0
}

// host is the tenant's host name, all of it when it is no address.
func host(tenant string) string {
	if u, err := url.Parse(tenant); err == nil && u.Host != "" {
		return u.Host
	}
	return tenant
}

// sourceLabel names the source of a run; before it is known, the setting that
// asked for one.
func sourceLabel(r *sync.Head) string {
	if known(r) {
		return sourceName(r)
	}
	for _, s := range r.Settings {
		if s.Name == "source" {
			return s.Value
		}
	}
	return ""
}

// carryOver takes the times of the last runs and successes over from the file
// of an earlier run. A file that is not there, or cannot be read, has none.
func (g *gauges) carryOver(path string) {
	f, err := os.Open(path)
	if err != nil {
		return
	}
	defer f.Close()
	parser := expfmt.NewTextParser(model.UTF8Validation)
	families, _ := parser.TextToMetricFamilies(f)
	for name, v := range map[string]*prometheus.GaugeVec{"last_run": g.lastRun, "last_success": g.lastSuccess} {
		for _, m := range families["accountsync_"+name+"_timestamp_seconds"].GetMetric() {
			labels := prometheus.Labels{}
			for _, l := range m.GetLabel() {
				labels[l.GetName()] = l.GetValue()
			}
			if old, err := v.GetMetricWith(labels); err == nil {
				old.Set(m.GetGauge().GetValue())
			}
		}
	}
}
