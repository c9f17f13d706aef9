package journal

import "sync"

// mutex is a mutual exclusion lock, under a name that leaves sync to our own package.
type mutex = sync.Mutex
