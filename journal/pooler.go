package journal

import (
	"context"
	"database/sql"

	"github.com/jackc/pgx/v5"
)

// refusePooler finds a connection pooler in transaction mode, where a session of
// the server is whoever's the next transaction is: the locks of a run, which
// belong to a session, would be anybody's. Two connections at the same time have
// a session each, and keep it.
func (s *Store) refusePooler(ctx context.Context) (err error) {
	var connections [2]*sql.Conn
	for i := range connections {
		if connections[i], err = s.write.Conn(ctx); err != nil {
			return err
		}
		defer connections[i].Close()
	}
	var sessions [2]int
	for range 3 {
		for i, c := range connections {
			var session int
			// A pooler may not know prepared statements.
			if err := c.QueryRowContext(ctx, "SELECT pg_backend_pid()", pgx.QueryExecModeSimpleProtocol).Scan(&session); err != nil {
				return err
			}
			if sessions[i] != 0 && sessions[i] != session {
				return ErrPooled
			}
			sessions[i] = session
		}
		if sessions[0] == sessions[1] {
			return ErrPooled
		}
	}
	return nil
}
