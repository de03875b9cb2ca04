-- What a push of three contacts left in the first ledger, and a fourth whose fate is unclear.
insert into facts (
    name, value
) values (
    'schema_version', '1'
);
insert into facts (
    name, value
) values (
    'key_fingerprint', '9b6920b0225809702bd6de1b6a5be42a'
);
insert into locations (
    crm, location_id, version, plan_id, daily_remaining, limits_seen_at
) values (
    'http://127.0.0.1:9', 'acme', 1, '43e1ebbfb88b6f87', null, null
);
insert into contacts (
    crm, location_id, contact_id, source_keys, email_hash, phone_hash, hashes, row_hash, run_id,
    known_at
) values (
    'http://127.0.0.1:9', 'acme', 'bR3hPwj8qMsNrbnjUJnG', '["acme-0"]',
    '5488118743fd62780251c66d7d2dce3c', '8f7d06cdd3d4d3058d0feb5f9d07de02',
    '{"firstName": "a8fdb8c1a5df7126882249b865605947", "lastName": "287a11d4e92d0cbaa7317b482f7a5c83", "email": "5cc934d368a495cfa15e3f561746076c", "phone": "673664387e03737ca40926ade7eba285", "city": "034a630c4f5f4fbaeea1bc9d07cf7cfa", "tags": "f1c7b7146fb54c5ce91ac33a47f319a4"}',
    '6250fac8b255ed0953ff5f2e235085b6', 'first-run', '2026-11-23 22:15:54.293934'
);
insert into contacts (
    crm, location_id, contact_id, source_keys, email_hash, phone_hash, hashes, row_hash, run_id,
    known_at
) values (
    'http://127.0.0.1:9', 'acme', 'tCEd0UCz8LICrunRGFaH', '["acme-1"]',
    '885ed8cf792f4f57a23519b82d8e9a4a', 'bfc02a70529eb38d677f68e2a7b8db18',
    '{"firstName": "720042d6ecd615448443175a255ebb7f", "lastName": "c7369cc91439de10a59dfd4e1c4791d0", "email": "02cb20b159e4b55eed91bebb2deca0a7", "phone": "58708bc53571e9841daa7a571277d9bc", "city": "034a630c4f5f4fbaeea1bc9d07cf7cfa", "tags": "f1c7b7146fb54c5ce91ac33a47f319a4"}',
    '1c33952d979134e9c1bbf04819be094c', 'first-run', '2026-11-23 22:15:54.296846'
);
insert into contacts (
    crm, location_id, contact_id, source_keys, email_hash, phone_hash, hashes, row_hash, run_id,
    known_at
) values (
    'http://127.0.0.1:9', 'acme', 'NAau4qCylBW6qKHdPI3E', '["acme-2"]',
    'b6dde6081c3d04b1210e245d80bf8780', 'dfadbcbfd0620253dc0933f4fe744436',
    '{"firstName": "83ed6b6a5920107760a7c7b79c0dfadd", "lastName": "3b7a45c0148a85d6a503e597c791529a", "email": "2bccf349d68492f77bfdf3b28328958e", "phone": "3be1a5e41e37fd360981553bcf2e8e37", "city": "034a630c4f5f4fbaeea1bc9d07cf7cfa", "tags": "f1c7b7146fb54c5ce91ac33a47f319a4"}',
    '57cd3d24c614df0ccada54da21dc7666', 'first-run', '2026-11-23 22:15:54.298302'
);
insert into requests (
    crm, location_id, run_id, number, identity, source_keys, effect, predicted_contact_id,
    email_hash, phone_hash, intended_at, answered_at, status, verdict, contact_id, message,
    trace_id, settled
) values (
    'http://127.0.0.1:9', 'acme', 'first-run', 1, 'acme-0', '["acme-0"]', 'upsert', null,
    '5488118743fd62780251c66d7d2dce3c', '8f7d06cdd3d4d3058d0feb5f9d07de02',
    '2026-11-23 22:15:54.235440', '2026-11-23 22:15:54.264373', null, 'created',
    'bR3hPwj8qMsNrbnjUJnG', null, '018586c9305510761e46ec5e595356a2', true
);
insert into requests (
    crm, location_id, run_id, number, identity, source_keys, effect, predicted_contact_id,
    email_hash, phone_hash, intended_at, answered_at, status, verdict, contact_id, message,
    trace_id, settled
) values (
    'http://127.0.0.1:9', 'acme', 'first-run', 2, 'acme-3', '["acme-3"]', 'upsert', null,
    'c221afa29f4d60b3776b2f73b5a2ea0d', '27e6085043c1924bde201d12c71e8968',
    '2026-11-23 22:15:54.235440', '2026-11-23 22:15:54.264373', 500, 'unclear', null,
    'HTTP 500 without a usable body', null, false
);
insert into outcomes (
    crm, location_id, run_id, identity, plan_id, source_keys, outcome, code, message, contact_id,
    predicted, predicted_contact_id, inferred, warnings, tries, finished_at
) values (
    'http://127.0.0.1:9', 'acme', 'first-run', 'acme-0', '43e1ebbfb88b6f87', '["acme-0"]',
    'created', null, null, 'bR3hPwj8qMsNrbnjUJnG', null, null, false, '[]', 1,
    '2026-11-23 22:15:54.293975'
);
insert into pushes (
    crm, location_id, run_id, plan_id, started_at, finished_at, status, reason, report
) values (
    'http://127.0.0.1:9', 'acme', 'first-run', '43e1ebbfb88b6f87', '2026-11-23 22:15:54.221284',
    '2026-11-23 22:15:54.328825', 'ok', null,
    '{"status": "ok", "reason": null, "extracted": 3, "rejected": 0, "merged": 0, "unchanged": 0, "held": 0, "deferred": 0, "created": 3, "updated": 0, "refused": 0, "failed": 0, "unknown": 0, "requests": 6, "retries": 0, "rate_limited": 0, "seconds": 0.096, "latency_p50_ms": 2.5, "latency_p95_ms": 4.4, "latency_max_ms": 4.6, "predictions": {"made": 0, "right": 0}, "told": null, "deferred_because": null}'
);
