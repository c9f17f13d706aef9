package sandbox

import (
	"encoding/base64"
	"fmt"
	"mime"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"
)

// defaultTokenLife is the documented expires_in.
const defaultTokenLife = 43200 * time.Second

const allScopes = "sp:scopes:all"

// token is an access token that was handed out.
type token struct {
	client  *Client
	expires time.Time
}

// beyond are, by user level, the scopes above it: those of its endpoints that the documentation names other levels for.
var beyond = map[string][]string{
	"": nil, "ORG_ADMIN": nil, "SOURCE_ADMIN": nil, "SOURCE_SUBADMIN": nil,
	"HELPDESK": {"idn:accounts:manage", scopeProvisioning, "idn:sources:read", "idn:source-schema:read", "idn:task-management:read"},
}

// scopeProvisioning is what forceProvisioning needs beside the scope of its operation.
const scopeProvisioning = "idn:accounts-provisioning:manage"

// permits tells whether the client has the scope; a client without any has all of them that its level allows.
func (c *Client) permits(scope string) bool {
	if slices.Contains(beyond[c.Level], scope) {
		return false
	}
	return len(c.Scopes) == 0 || slices.Contains(c.Scopes, allScopes) || slices.Contains(c.Scopes, scope)
}

// bearer finds the token of a request, or the 401 it gets.
func (s *Server) bearer(r *http.Request, now time.Time) (*token, *reply) {
	header := r.Header.Get("Authorization")
	kind, value, _ := strings.Cut(header, " ")
	switch {
	case header == "":
		return nil, unauthorized("JWT is required: send Authorization: Bearer TOKEN")
	case !strings.EqualFold(kind, "bearer") || value == "":
		return nil, unauthorized("JWT validation failed: the Authorization header is not Bearer TOKEN")
	}
	found := s.tokens[value]
	if found == nil {
		return nil, unauthorized("JWT validation failed: JWT is not valid")
	}
	if !now.Before(found.expires) {
		return nil, unauthorized("JWT validation failed: JWT is expired")
	}
	return found, nil
}

// signIn serves POST /oauth/token.
func (s *Server) signIn(c *call) *reply {
	form, refusal := c.form()
	if refusal != nil {
		return refusal
	}
	id, secret := form.Get("client_id"), form.Get("client_secret")
	if user, password, ok := c.request.BasicAuth(); ok {
		id, secret = unescaped(user), unescaped(password)
	}
	client := s.clients[id]
	switch grant := form.Get("grant_type"); {
	case grant == "":
		return oauthError(http.StatusBadRequest, "invalid_request", "Missing grant type")
	case grant != "client_credentials":
		return oauthError(http.StatusBadRequest, "unsupported_grant_type", "Unsupported grant type: "+grant)
	case id == "":
		return oauthError(http.StatusUnauthorized, "invalid_client", "Missing client_id and client_secret")
	case client == nil || client.Secret != secret:
		return oauthError(http.StatusUnauthorized, "invalid_client", "Bad client credentials")
	}
	return s.grant(client, c.now)
}

// form reads the parameters of a token request: urlencoded, or multipart as the official TypeScript client sends.
func (c *call) form() (url.Values, *reply) {
	media, _, err := mime.ParseMediaType(c.request.Header.Get("Content-Type"))
	if err != nil || media != "application/x-www-form-urlencoded" && media != "multipart/form-data" {
		return nil, oauthError(http.StatusBadRequest, "invalid_request", "The parameters belong in a form body")
	}
	r := c.request.Clone(c.request.Context())
	r.Body = c.rewound()
	if media == "multipart/form-data" {
		err = r.ParseMultipartForm(maxBody)
	} else {
		err = r.ParseForm()
	}
	if err != nil {
		return nil, oauthError(http.StatusBadRequest, "invalid_request", "The form body cannot be read")
	}
	return r.PostForm, nil
}

// unescaped undoes the form encoding that OAuth asks of credentials in a Basic header.
func unescaped(text string) string {
	if plain, err := url.QueryUnescape(text); err == nil {
		return plain
	}
	return text
}

func oauthError(status int, code, description string) *reply {
	body := append([]byte(`{"error":`), quote(nil, code)...)
	return jsonReply(status, append(member(body, "error_description", description), '}'))
}

// grant hands out a token shaped like a JWT.
func (s *Server) grant(client *Client, now time.Time) *reply {
	life := time.Duration(client.TokenLife)
	if life == 0 {
		life = defaultTokenLife
	}
	s.granted++
	jti := deriveID(s.store.seed, "jti", strconv.Itoa(s.granted))
	claims := fmt.Sprintf(`{"client_id":%s,"jti":%q,"exp":%d}`, quote(nil, client.ID), jti, now.Add(life).Unix())
	encode := base64.RawURLEncoding.EncodeToString
	value := encode([]byte(`{"alg":"HS256","typ":"JWT"}`)) + "." + encode([]byte(claims)) + "." +
		derive(s.store.seed, "signature", client.ID, jti)
	s.tokens[value] = &token{client: client, expires: now.Add(life)}
	return jsonReply(http.StatusOK, client.grantBody(value, jti, life))
}

func (c *Client) grantBody(value, jti string, life time.Duration) []byte {
	scope := allScopes
	if len(c.Scopes) > 0 {
		scope = strings.Join(slices.DeleteFunc(slices.Clone(c.Scopes), func(scope string) bool {
			return slices.Contains(beyond[c.Level], scope)
		}), " ")
	}
	body := append([]byte(`{"access_token":`), quote(nil, value)...)
	body = append(body, `,"token_type":"bearer","expires_in":`...)
	body = strconv.AppendInt(body, int64(life/time.Second), 10)
	body = member(body, "scope", scope)
	body = append(body, `,"tenant_id":"b9efa4c3-0000-4000-8000-5a4d0b0c0de5","pod":"sandbox","strong_auth_supported":true,"org":"sandbox"`...)
	return append(member(body, "jti", jti), '}')
}
