package sandbox

import (
	"slices"
	"time"
)

// Latency is how long the server thinks before it works, by kind of operation.
type Latency struct {
	List  Duration `json:"list,omitzero"`  // GET /accounts
	Read  Duration `json:"read,omitzero"`  // every other GET
	Write Duration `json:"write,omitzero"` // POST, PUT, PATCH, DELETE
	Token Duration `json:"token,omitzero"` // POST /oauth/token
}

// Option changes what the seed says.
type Option func(*config)

// config is what a server goes by, apart from its data.
type config struct {
	rate      Rate
	latency   Latency
	taskDelay time.Duration
	rules     []Rule
	settings  Settings
}

// WithRate sets the quota of every client; Rate{Kind: RateOff} ends it.
func WithRate(rate Rate) Option { return func(c *config) { c.rate = rate } }

// WithLatency sets how long requests take.
func WithLatency(latency Latency) Option { return func(c *config) { c.latency = latency } }

// WithTaskDelay sets how long tasks take.
func WithTaskDelay(delay time.Duration) Option { return func(c *config) { c.taskDelay = delay } }

// WithFaults adds rules to those of the seed.
func WithFaults(rules ...Rule) Option {
	return func(c *config) { c.rules = append(c.rules, rules...) }
}

// WithStrictCreate sets whether POST /accounts refuses values other than strings (the default).
func WithStrictCreate(strict bool) Option {
	return func(c *config) { c.settings.StrictCreate = &strict }
}

// WithSettings replaces the settings of the seed.
func WithSettings(settings Settings) Option { return func(c *config) { c.settings = settings } }

func newConfig(seed *Seed, options []Option) config {
	c := config{latency: seed.Latency, taskDelay: time.Duration(seed.TaskDelay), rules: slices.Clone(seed.Faults), settings: seed.Settings}
	if seed.Rate != nil {
		c.rate = *seed.Rate
	}
	for _, option := range options {
		option(&c)
	}
	return c
}

func (c *config) strictCreate() bool {
	return c.settings.StrictCreate == nil || *c.settings.StrictCreate
}
