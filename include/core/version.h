#ifndef CORE_VERSION_H
#define CORE_VERSION_H

/* core/version.h: what this build is called (Semantic Versioning). */

#define QUIRE_VERSION "1.0.0"

_Static_assert(sizeof QUIRE_VERSION >= sizeof "0.0.0", "three numbers");

#endif
