#ifndef DOMAIN_RECORDS_H
#define DOMAIN_RECORDS_H

/* domain/records.h: the kinds of record this service keeps. A new one is a row here. */

struct schema;

#define RECORDS_MAX 16

/* NULL-terminated; at most RECORDS_MAX. */
extern const struct schema *const records[];

#endif
