-- A journal of the first edition, as its last version wrote it: a run that ended, and one that was killed.
BEGIN TRANSACTION;
CREATE TABLE intents (
  part  INTEGER NOT NULL REFERENCES parts (id) ON DELETE CASCADE,
  first INTEGER NOT NULL, -- seq
  n     INTEGER NOT NULL, -- counts intents and records of the part together
  last  INTEGER NOT NULL, -- seq
  at    INTEGER NOT NULL,
  PRIMARY KEY (part, first, n)
) STRICT, WITHOUT ROWID;
INSERT INTO "intents" VALUES(1,0,1,0,1795819992908597260);
INSERT INTO "intents" VALUES(1,1,4,1,1795819992910604145);
INSERT INTO "intents" VALUES(1,2,7,3,1795819992911310488);
INSERT INTO "intents" VALUES(1,4,12,5,1795819992911881740);
INSERT INTO "intents" VALUES(2,0,2,0,1795819992914974178);
INSERT INTO "intents" VALUES(2,1,6,2,1795819992915271953);
INSERT INTO "intents" VALUES(2,3,8,4,1795819992915930742);
CREATE TABLE missing (
  tenant    TEXT    NOT NULL,
  source_id TEXT    NOT NULL,
  account   TEXT    NOT NULL,
  native    TEXT    NOT NULL, -- nativeIdentity
  since     INTEGER NOT NULL,
  disabled  INTEGER NOT NULL,
  PRIMARY KEY (tenant, source_id, account)
) STRICT, WITHOUT ROWID;
INSERT INTO "missing" VALUES('https://acme.api.identitynow.com','2c9180835d38ca0c015d606b50851b1e','a1','n1',1795399205123456789,1);
INSERT INTO "missing" VALUES('https://acme.api.identitynow.com','2c9180835d38ca0c015d606b50851b1e','a2','n2',1795399206123456789,0);
CREATE TABLE operations (
  id             INTEGER PRIMARY KEY,
  op             TEXT    NOT NULL,
  key            TEXT    NOT NULL,
  account        TEXT    NOT NULL,
  line           INTEGER NOT NULL,
  row_offset     INTEGER NOT NULL,
  joined         TEXT    NOT NULL, -- JSON array of offsets, or ''
  reason         TEXT    NOT NULL,
  why            TEXT    NOT NULL,
  state          TEXT    NOT NULL,
  identity_id    TEXT    NOT NULL,
  identity_state TEXT    NOT NULL,
  native         TEXT    NOT NULL,
  fingerprint    TEXT    NOT NULL,
  changes        TEXT    NOT NULL, -- JSON array of {attribute, before, after}, or ''
  live           TEXT    NOT NULL  -- JSON object of attributes, or ''
) STRICT;
INSERT INTO "operations" VALUES(4294967296,'create','user.0000000','',2,0,'','','','withheld','','','user.0000000','','[{"attribute":"id","after":"user.0000000"},{"attribute":"groups","after":["a","b"]}]','');
INSERT INTO "operations" VALUES(4294967297,'create','user.0000001','',3,80,'','','','withheld','','','user.0000001','','[{"attribute":"id","after":"user.0000001"},{"attribute":"groups","after":["a","b"]}]','');
INSERT INTO "operations" VALUES(4294967298,'put','user.0000002','2c91808a000000000000000000000002',4,160,'','','','withheld','2c91808b000000000000000000000002','ACTIVE','user.0000002','0000000000000002','[{"attribute":"city","before":"Austin","after":"Paris"}]','{"id":"user.0000002","city":"Austin","manager":null,"number":12345678901234567890,"groups":["Sales \u0026 more","Europe","VPN"],"idNowDescription":"e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855","attribute0":"a value of some length 0 2","attribute1":"a value of some length 1 2","attribute2":"a value of some length 2 2","attribute3":"a value of some length 3 2","attribute4":"a value of some length 4 2","attribute5":"a value of some length 5 2","attribute6":"a value of some length 6 2","attribute7":"a value of some length 7 2"}');
INSERT INTO "operations" VALUES(4294967299,'put','user.0000003','2c91808a000000000000000000000003',5,240,'','','','withheld','2c91808b000000000000000000000003','ACTIVE','user.0000003','0000000000000003','[{"attribute":"city","before":"Austin","after":"Paris"}]','{"id":"user.0000003","city":"Austin","manager":null,"number":12345678901234567890,"groups":["Sales \u0026 more","Europe","VPN"],"idNowDescription":"e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855","attribute0":"a value of some length 0 3","attribute1":"a value of some length 1 3","attribute2":"a value of some length 2 3","attribute3":"a value of some length 3 3","attribute4":"a value of some length 4 3","attribute5":"a value of some length 5 3","attribute6":"a value of some length 6 3","attribute7":"a value of some length 7 3"}');
INSERT INTO "operations" VALUES(4294967300,'delete','user.0000004','2c91808a000000000000000000000004',0,-1,'','no row has this key','no row has this key','withheld','2c91808b000000000000000000000004','ACTIVE','user.0000004','0000000000000004','','{"id":"user.0000004","city":"Austin","manager":null,"number":12345678901234567890,"groups":["Sales \u0026 more","Europe","VPN"],"idNowDescription":"e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855","attribute0":"a value of some length 0 4","attribute1":"a value of some length 1 4","attribute2":"a value of some length 2 4","attribute3":"a value of some length 3 4","attribute4":"a value of some length 4 4","attribute5":"a value of some length 5 4","attribute6":"a value of some length 6 4","attribute7":"a value of some length 7 4"}');
INSERT INTO "operations" VALUES(4294967301,'delete','user.0000005','2c91808a000000000000000000000005',0,-1,'','no row has this key','no row has this key','withheld','2c91808b000000000000000000000005','ACTIVE','user.0000005','0000000000000005','','{"id":"user.0000005","city":"Austin","manager":null,"number":12345678901234567890,"groups":["Sales \u0026 more","Europe","VPN"],"idNowDescription":"e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855","attribute0":"a value of some length 0 5","attribute1":"a value of some length 1 5","attribute2":"a value of some length 2 5","attribute3":"a value of some length 3 5","attribute4":"a value of some length 4 5","attribute5":"a value of some length 5 5","attribute6":"a value of some length 6 5","attribute7":"a value of some length 7 5"}');
INSERT INTO "operations" VALUES(8589934592,'create','user.0000000','',2,0,'','','','withheld','','','user.0000000','','[{"attribute":"id","after":"user.0000000"},{"attribute":"groups","after":["a","b"]}]','');
INSERT INTO "operations" VALUES(8589934593,'create','user.0000001','',3,80,'','','','withheld','','','user.0000001','','[{"attribute":"id","after":"user.0000001"},{"attribute":"groups","after":["a","b"]}]','');
INSERT INTO "operations" VALUES(8589934594,'create','user.0000002','',4,160,'','','','withheld','','','user.0000002','','[{"attribute":"id","after":"user.0000002"},{"attribute":"groups","after":["a","b"]}]','');
INSERT INTO "operations" VALUES(8589934595,'put','user.0000003','2c91808a000000000000000000000003',5,240,'','','','withheld','2c91808b000000000000000000000003','ACTIVE','user.0000003','0000000000000003','[{"attribute":"city","before":"Austin","after":"Paris"}]','{"id":"user.0000003","city":"Austin","manager":null,"number":12345678901234567890,"groups":["Sales \u0026 more","Europe","VPN"],"idNowDescription":"e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855","attribute0":"a value of some length 0 3","attribute1":"a value of some length 1 3","attribute2":"a value of some length 2 3","attribute3":"a value of some length 3 3","attribute4":"a value of some length 4 3","attribute5":"a value of some length 5 3","attribute6":"a value of some length 6 3","attribute7":"a value of some length 7 3"}');
INSERT INTO "operations" VALUES(8589934596,'put','user.0000004','2c91808a000000000000000000000004',6,320,'','','','withheld','2c91808b000000000000000000000004','ACTIVE','user.0000004','0000000000000004','[{"attribute":"city","before":"Austin","after":"Paris"}]','{"id":"user.0000004","city":"Austin","manager":null,"number":12345678901234567890,"groups":["Sales \u0026 more","Europe","VPN"],"idNowDescription":"e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855","attribute0":"a value of some length 0 4","attribute1":"a value of some length 1 4","attribute2":"a value of some length 2 4","attribute3":"a value of some length 3 4","attribute4":"a value of some length 4 4","attribute5":"a value of some length 5 4","attribute6":"a value of some length 6 4","attribute7":"a value of some length 7 4"}');
INSERT INTO "operations" VALUES(8589934597,'put','user.0000005','2c91808a000000000000000000000005',7,400,'','','','withheld','2c91808b000000000000000000000005','ACTIVE','user.0000005','0000000000000005','[{"attribute":"city","before":"Austin","after":"Paris"}]','{"id":"user.0000005","city":"Austin","manager":null,"number":12345678901234567890,"groups":["Sales \u0026 more","Europe","VPN"],"idNowDescription":"e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855","attribute0":"a value of some length 0 5","attribute1":"a value of some length 1 5","attribute2":"a value of some length 2 5","attribute3":"a value of some length 3 5","attribute4":"a value of some length 4 5","attribute5":"a value of some length 5 5","attribute6":"a value of some length 6 5","attribute7":"a value of some length 7 5"}');
INSERT INTO "operations" VALUES(8589934598,'delete','user.0000006','2c91808a000000000000000000000006',0,-1,'','no row has this key','no row has this key','withheld','2c91808b000000000000000000000006','ACTIVE','user.0000006','0000000000000006','','{"id":"user.0000006","city":"Austin","manager":null,"number":12345678901234567890,"groups":["Sales \u0026 more","Europe","VPN"],"idNowDescription":"e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855","attribute0":"a value of some length 0 6","attribute1":"a value of some length 1 6","attribute2":"a value of some length 2 6","attribute3":"a value of some length 3 6","attribute4":"a value of some length 4 6","attribute5":"a value of some length 5 6","attribute6":"a value of some length 6 6","attribute7":"a value of some length 7 6"}');
INSERT INTO "operations" VALUES(8589934599,'delete','user.0000007','2c91808a000000000000000000000007',0,-1,'','no row has this key','no row has this key','withheld','2c91808b000000000000000000000007','ACTIVE','user.0000007','0000000000000007','','{"id":"user.0000007","city":"Austin","manager":null,"number":12345678901234567890,"groups":["Sales \u0026 more","Europe","VPN"],"idNowDescription":"e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855","attribute0":"a value of some length 0 7","attribute1":"a value of some length 1 7","attribute2":"a value of some length 2 7","attribute3":"a value of some length 3 7","attribute4":"a value of some length 4 7","attribute5":"a value of some length 5 7","attribute6":"a value of some length 6 7","attribute7":"a value of some length 7 7"}');
INSERT INTO "operations" VALUES(8589934600,'delete','user.0000008','2c91808a000000000000000000000008',0,-1,'','not possible: the source is direct','not possible: the source is direct','withheld','2c91808b000000000000000000000008','ACTIVE','user.0000008','0000000000000008','','{"id":"user.0000008","city":"Austin","manager":null,"number":12345678901234567890,"groups":["Sales \u0026 more","Europe","VPN"],"idNowDescription":"e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855","attribute0":"a value of some length 0 8","attribute1":"a value of some length 1 8","attribute2":"a value of some length 2 8","attribute3":"a value of some length 3 8","attribute4":"a value of some length 4 8","attribute5":"a value of some length 5 8","attribute6":"a value of some length 6 8","attribute7":"a value of some length 7 8"}');
CREATE TABLE parts (
  id             INTEGER PRIMARY KEY AUTOINCREMENT, -- never that of a part that was pruned
  run            INTEGER NOT NULL REFERENCES runs (id) ON DELETE CASCADE,
  source_id      TEXT    NOT NULL,
  source         TEXT    NOT NULL, -- JSON, as are the seven after it
  input          TEXT    NOT NULL,
  listing        TEXT    NOT NULL,
  guards         TEXT    NOT NULL,
  totals         TEXT    NOT NULL,
  notes          TEXT    NOT NULL,
  account_schema TEXT    NOT NULL,
  settings       TEXT    NOT NULL,
  begun          INTEGER NOT NULL, -- 1 once every operation is in: nothing is sent before
  ended          INTEGER NOT NULL, -- 1 once the outcome of every operation is in
  UNIQUE (run, source_id)
) STRICT;
INSERT INTO "parts" VALUES(1,1,'2c9180835d38ca0c015d606b50851b1e','{"id":"2c9180835d38ca0c015d606b50851b1e","name":"HR","type":"DelimitedFile","connectionType":"file","authoritative":false}','{"file":"accounts.csv","sha256":"ab12","records":6,"rows":6,"rejected":0}','{"accounts":6,"pages":1,"total_before":6,"total_after":6,"proven":true,"tries":1}','[{"name":"removals","planned":2,"limit":6,"tripped":false}]','{"kept":0,"state_only":0,"rejected":0,"orphan":0,"create":{"planned":2,"verified":2,"accepted":0,"failed":0,"stale":0,"withheld":0},"put":{"planned":2,"verified":2,"accepted":0,"failed":0,"stale":0,"withheld":0},"patch":{"planned":0,"verified":0,"accepted":0,"failed":0,"stale":0,"withheld":0},"enable":{"planned":0,"verified":0,"accepted":0,"failed":0,"stale":0,"withheld":0},"unlock":{"planned":0,"verified":0,"accepted":0,"failed":0,"stale":0,"withheld":0},"disable":{"planned":0,"verified":0,"accepted":0,"failed":0,"stale":0,"withheld":0},"delete":{"planned":2,"verified":2,"accepted":0,"failed":0,"stale":0,"withheld":0}}','null','{"identityAttribute":"id","displayAttribute":"name","attributes":[{"name":"id","type":"STRING"},{"name":"groups","type":"STRING","isMulti":true}]}','{"file":"accounts.csv","removal":"delete"}',1,1);
INSERT INTO "parts" VALUES(2,2,'2c9180835d38ca0c015d606b50851b1e','{"id":"2c9180835d38ca0c015d606b50851b1e","name":"HR","type":"DelimitedFile","connectionType":"file","authoritative":false}','{"file":"accounts.csv","sha256":"ab12","records":9,"rows":9,"rejected":0}','{"accounts":9,"pages":1,"total_before":9,"total_after":9,"proven":true,"tries":1}','[{"name":"removals","planned":3,"limit":9,"tripped":false}]','{"kept":0,"state_only":0,"rejected":0,"orphan":0,"create":{"planned":3,"verified":0,"accepted":0,"failed":0,"stale":0,"withheld":3},"put":{"planned":3,"verified":0,"accepted":0,"failed":0,"stale":0,"withheld":3},"patch":{"planned":0,"verified":0,"accepted":0,"failed":0,"stale":0,"withheld":0},"enable":{"planned":0,"verified":0,"accepted":0,"failed":0,"stale":0,"withheld":0},"unlock":{"planned":0,"verified":0,"accepted":0,"failed":0,"stale":0,"withheld":0},"disable":{"planned":0,"verified":0,"accepted":0,"failed":0,"stale":0,"withheld":0},"delete":{"planned":3,"verified":0,"accepted":0,"failed":0,"stale":0,"withheld":3}}','null','{"identityAttribute":"id","displayAttribute":"name","attributes":[{"name":"id","type":"STRING"},{"name":"groups","type":"STRING","isMulti":true}]}','{"canary":"3","max-errors":"10%","on-guard":"skip-removals","options":"{\"Key\":\"id\",\"MergeRows\":true}","removal":"disable-then-delete=14d","told":"{\"forceProvisioning\":true}","verify":"on","verify-timeout":"20s","workers":"8"}',1,0);
CREATE TABLE records (
  part     INTEGER NOT NULL REFERENCES parts (id) ON DELETE CASCADE,
  n        INTEGER NOT NULL, -- of its first record
  first    INTEGER NOT NULL, -- the least seq of its records
  last     INTEGER NOT NULL, -- and the greatest
  outcomes TEXT    NOT NULL, -- JSON array of objects as in result.json, with seq, n and at
  PRIMARY KEY (part, n)
) STRICT, WITHOUT ROWID;
INSERT INTO "records" VALUES(1,2,0,0,'[{"seq":0,"n":2,"at":1795819992910568013,"attempts":1,"http":202,"duration_ms":150,"state":"accepted","task":"task-0","sent":true},{"seq":0,"n":3,"at":1795819992910593741,"attempts":1,"http":202,"duration_ms":150,"state":"verified","task":"task-0","task_status":"SUCCESS","sent":true}]');
INSERT INTO "records" VALUES(1,5,1,1,'[{"seq":1,"n":5,"at":1795819992911287583,"attempts":1,"http":202,"duration_ms":150,"state":"accepted","task":"task-1","sent":true},{"seq":1,"n":6,"at":1795819992911294735,"attempts":1,"http":202,"duration_ms":150,"state":"verified","task":"task-1","task_status":"SUCCESS","sent":true}]');
INSERT INTO "records" VALUES(1,8,2,3,'[{"seq":2,"n":8,"at":1795819992911867836,"attempts":1,"http":202,"duration_ms":150,"state":"accepted","account":"2c91808a000000000000000000000002","task":"task-2","sent":true},{"seq":2,"n":9,"at":1795819992911873028,"attempts":1,"http":202,"duration_ms":150,"state":"verified","account":"2c91808a000000000000000000000002","task":"task-2","task_status":"SUCCESS","sent":true},{"seq":3,"n":10,"at":1795819992911877930,"attempts":1,"http":202,"duration_ms":150,"state":"accepted","account":"2c91808a000000000000000000000003","task":"task-3","sent":true},{"seq":3,"n":11,"at":1795819992911879846,"attempts":1,"http":202,"duration_ms":150,"state":"verified","account":"2c91808a000000000000000000000003","task":"task-3","task_status":"SUCCESS","sent":true}]');
INSERT INTO "records" VALUES(1,13,4,5,'[{"seq":4,"n":13,"at":1795819992912228206,"attempts":1,"http":202,"duration_ms":150,"state":"accepted","account":"2c91808a000000000000000000000004","task":"task-4","sent":true},{"seq":4,"n":14,"at":1795819992912253204,"attempts":1,"http":202,"duration_ms":150,"state":"verified","account":"2c91808a000000000000000000000004","task":"task-4","task_status":"SUCCESS","sent":true},{"seq":5,"n":15,"at":1795819992912257085,"attempts":1,"http":202,"duration_ms":150,"state":"accepted","account":"2c91808a000000000000000000000005","task":"task-5","sent":true},{"seq":5,"n":16,"at":1795819992912258906,"attempts":1,"http":202,"duration_ms":150,"state":"verified","account":"2c91808a000000000000000000000005","task":"task-5","task_status":"SUCCESS","sent":true}]');
INSERT INTO "records" VALUES(2,3,0,0,'[{"seq":0,"n":3,"at":1795819992915263748,"attempts":1,"http":202,"duration_ms":150,"state":"accepted","task":"task-0","sent":true},{"seq":0,"n":4,"at":1795819992915267292,"attempts":1,"http":202,"duration_ms":150,"state":"verified","task":"task-0","task_status":"SUCCESS","sent":true},{"seq":0,"n":5,"at":1795819992915268649,"attempts":1,"http":202,"duration_ms":150,"state":"verified","account":"2c91new","task":"task-0","task_status":"SUCCESS","sent":true}]');
INSERT INTO "records" VALUES(2,7,1,1,'[{"seq":1,"n":7,"at":1795819992915927758,"attempts":1,"http":202,"duration_ms":150,"state":"accepted","task":"task-1","sent":true}]');
INSERT INTO "records" VALUES(2,9,3,3,'[{"seq":3,"n":9,"at":1795819992916288674,"attempts":1,"http":400,"state":"failed","account":"2c91808a000000000000000000000003","error":"bad value","sent":true}]');
CREATE TABLE rejected (
  part       INTEGER NOT NULL REFERENCES parts (id) ON DELETE CASCADE,
  n          INTEGER NOT NULL,
  line       INTEGER NOT NULL,
  key        TEXT    NOT NULL,
  reason     TEXT    NOT NULL,
  row_offset INTEGER NOT NULL,
  PRIMARY KEY (part, n)
) STRICT, WITHOUT ROWID;
INSERT INTO "rejected" VALUES(2,1,7,'user.x','the row has 3 cells',99);
CREATE TABLE runs (
  id        INTEGER PRIMARY KEY,
  run       TEXT    NOT NULL UNIQUE,
  command   TEXT    NOT NULL,
  version   TEXT    NOT NULL,
  tenant    TEXT    NOT NULL,
  api       TEXT    NOT NULL,
  started   INTEGER NOT NULL,
  finished  INTEGER NOT NULL,
  outcome   TEXT    NOT NULL, -- '' until a part has ended
  exit_code INTEGER NOT NULL,
  error     TEXT    NOT NULL,
  hint      TEXT    NOT NULL,
  requests  TEXT    NOT NULL  -- JSON
, head TEXT NOT NULL DEFAULT '{}') STRICT;
INSERT INTO "runs" VALUES(1,'20261123T020000Z-0000','sync','1.2.3','https://acme.api.identitynow.com','v3',1795399200123456789,1795399260123456789,'changed',0,'','','{"total":12,"throttled":1,"retried":1,"paused_ms":7000,"by_code":[{"code":202,"count":11},{"code":429,"count":1}]}','{"command":"sync","settings":[{"name":"workers","value":"16","origin":"default"}],"redacted":["birthDate"],"latency":{"count":12,"p50_ms":40,"p90_ms":90,"p99_ms":120,"max_ms":130},"timeline":[{"at":0,"seconds":1,"requests":12,"refused":1,"paused_ms":300},{"at":1,"seconds":1,"requests":0,"refused":0,"paused_ms":1000}]}');
INSERT INTO "runs" VALUES(2,'20261123T020001Z-1eef','sync','1.2.3','https://acme.api.identitynow.com','v3',1795399201123456789,0,'',0,'','','{"total":0,"throttled":0,"retried":0,"paused_ms":0}','{"command":"sync","settings":[{"name":"workers","value":"16","origin":"default"}],"redacted":["birthDate"]}');
CREATE INDEX parts_of_source ON parts (source_id, id);
CREATE VIEW attempts AS
SELECT part, value ->> 'seq' AS seq, value ->> 'n' AS n, datetime((value ->> 'at') / 1000000000, 'unixepoch') AS at,
  value ->> 'state' AS state, value ->> 'http' AS http, value ->> 'task' AS task, value ->> 'task_status' AS task_status,
  value ->> 'tracking_id' AS tracking_id, value ->> 'error' AS error
FROM records, json_each(outcomes);
COMMIT;
PRAGMA application_id = 1633905260;
PRAGMA user_version = 3;
