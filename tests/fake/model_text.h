#ifndef MODEL_TEXT_H
#define MODEL_TEXT_H

/* model_text.h: models and changes as texts that can be compared with what a test expects. */

struct arena;
struct changes;
struct model;

/* One line per table, column, index, foreign key and check. */
const char *model_text(struct arena *arena, const struct model *model);

/* One line per change: "drop column author.bio". */
const char *changes_text(struct arena *arena, const struct changes *changes);

#endif
