package sandbox

import (
	"mime"
	"net/http"
	"net/url"
	"slices"
	"strings"
)

// check refuses what no operation takes: a missing scope, unknown parameters, a body of the wrong type.
func (c *call) check(settings Settings) *problem {
	if c.op == tokenOperation {
		return nil
	}
	if !c.token.client.permits(c.op.scope) {
		return c.lacks(c.op.scope)
	}
	if p := c.checkPreview(settings); p != nil {
		return p
	}
	if p := c.checkQuery(); p != nil {
		return p
	}
	return c.checkMedia()
}

func (c *call) lacks(scope string) *problem {
	return &problem{status: http.StatusForbidden, cause: "The token lacks the scope " + scope + "."}
}

// checkPreview asks for the header that experimental endpoints need under the dated versions.
func (c *call) checkPreview(settings Settings) *problem {
	dated := strings.HasPrefix(c.route.version, "v202")
	experimental := c.op.preview || c.route.version == "v2024" && strings.HasPrefix(c.op.path, "/identities")
	if !experimental || !dated || settings.NoExperimentalHeader {
		return nil
	}
	if c.request.Header.Get("X-SailPoint-Experimental") != "true" {
		return badRequest("This endpoint is experimental: send the header X-SailPoint-Experimental: true.")
	}
	return nil
}

func (c *call) checkQuery() *problem {
	query, err := url.ParseQuery(c.request.URL.RawQuery)
	if err != nil {
		return badRequest("The query cannot be read.")
	}
	for name, values := range query {
		if !slices.Contains(c.op.query, name) {
			return badRequest("Unknown query parameter %q.", name)
		}
		if len(values) > 1 {
			return badRequest("The query parameter %q stands %d times.", name, len(values))
		}
	}
	return nil
}

func (c *call) checkMedia() *problem {
	if c.op.media == "" {
		return nil
	}
	header := c.request.Header.Get("Content-Type")
	if media, _, err := mime.ParseMediaType(header); err == nil && media == c.op.media {
		return nil
	}
	return &problem{status: http.StatusUnsupportedMediaType,
		cause: "Content-Type is " + strings.TrimSpace(header) + "; it must be " + c.op.media + "."}
}
