package fleet

import (
	"context"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/collectors"
)

// metrics are the figures of the whole fleet: every worker gives the same ones,
// those of its own process aside.
func (f *Fleet) metrics() *prometheus.Registry {
	r := prometheus.NewRegistry()
	r.MustRegister(collectors.NewGoCollector(), collectors.NewProcessCollector(collectors.ProcessCollectorOpts{}), fleetCollector{f})
	return r
}

type fleetCollector struct{ *Fleet }

var (
	metricUp      = prometheus.NewDesc("accountsync_fleet_database_up", "Whether the database of the fleet answers.", nil, nil)
	metricState   = prometheus.NewDesc("accountsync_fleet_syncs", "Syncs by the state of their newest run.", []string{"state"}, nil)
	metricStatus  = prometheus.NewDesc("accountsync_fleet_last_exit_status", "Exit status of the last run that ended.", []string{"sync"}, nil)
	metricEnded   = prometheus.NewDesc("accountsync_fleet_last_end_timestamp_seconds", "When the last run ended.", []string{"sync"}, nil)
	metricSuccess = prometheus.NewDesc("accountsync_fleet_last_success_timestamp_seconds", "When a run last ended with status 0, of the last 30.", []string{"sync"}, nil)
	metricNext    = prometheus.NewDesc("accountsync_fleet_next_due_timestamp_seconds", "When the sync is due next.", []string{"sync"}, nil)
	metricOpen    = prometheus.NewDesc("accountsync_fleet_open_since_timestamp_seconds", "When the run that has not ended was due.", []string{"sync"}, nil)
)

// Describe names the metrics.
func (c fleetCollector) Describe(to chan<- *prometheus.Desc) {
	for _, d := range []*prometheus.Desc{metricUp, metricState, metricStatus, metricEnded, metricSuccess, metricNext, metricOpen} {
		to <- d
	}
}

// Collect asks the database.
func (c fleetCollector) Collect(to chan<- prometheus.Metric) {
	gauge := func(d *prometheus.Desc, value float64, labels ...string) {
		to <- prometheus.MustNewConstMetric(d, prometheus.GaugeValue, value, labels...)
	}
	ctx, cancel := context.WithTimeout(context.Background(), 5*time.Second)
	defer cancel()
	all, err := c.Standings(ctx, 30, "")
	if err != nil {
		gauge(metricUp, 0)
		return
	}
	gauge(metricUp, 1)
	states := map[State]int{}
	for i := range all {
		s := &all[i]
		states[s.State()]++
		if last := s.Last(); last != nil && last.Status != nil {
			gauge(metricStatus, float64(*last.Status), s.Name)
			gauge(metricEnded, seconds(*last.Ended), s.Name)
		}
		for _, n := range s.Nights {
			if n.State() == Good {
				gauge(metricSuccess, seconds(*n.Ended), s.Name)
				break
			}
		}
		if !s.Next.IsZero() {
			gauge(metricNext, seconds(s.Next), s.Name)
		}
		if len(s.Nights) > 0 && s.Nights[0].Ended == nil {
			gauge(metricOpen, seconds(s.Nights[0].Slot), s.Name)
		}
	}
	for _, state := range States {
		gauge(metricState, float64(states[state]), string(state))
	}
}

func seconds(t time.Time) float64 { return float64(t.UnixMilli()) / 1000 }
