#ifndef API_HEALTH_H
#define API_HEALTH_H

/* api/health.h: is it there, is it alive, is it ready, what does it do. */

#include "core/error.h"

struct exchange;

enum code health_root(struct exchange *exchange);    /* 200 with the text of its route */
enum code health_live(struct exchange *exchange);    /* 200; asks nobody */
enum code health_ready(struct exchange *exchange);   /* 200; 503 when the database is away or behind on migrations */
enum code health_metrics(struct exchange *exchange); /* 200 with the metrics of all processes */

#endif
