/* command/config.c: quire config: what is in force, and where it comes from. */

#include <stdio.h>
#include <string.h>

#include "command/command.h"

static int run(struct invocation *invocation);

const struct command command_config = {
    .name = "config",
    .summary = "Show every setting, its value (secrets masked) and where it comes from.",
    .settings = true,
    .run = run,
};

#define NUMBER_SIZE 24

/* The value as it may be shown. */
static const char *shown_value(const struct config *config, const struct setting *setting, char scratch[NUMBER_SIZE])
{
    const char *value = config_value(config, setting, scratch, NUMBER_SIZE);

    return setting->secret && *value ? "********" : value;
}

static int run(struct invocation *invocation)
{
    const struct config *config = invocation->config;
    char scratch[NUMBER_SIZE];
    int name_width = 0;
    int value_width = 0;

    for (const struct setting *setting = settings; setting->name; setting++) {
        int name_size = (int)strlen(setting->name);
        int value_size = (int)strlen(shown_value(config, setting, scratch));
        name_width = name_size > name_width ? name_size : name_width;
        value_width = value_size > value_width ? value_size : value_width;
    }
    for (size_t i = 0; settings[i].name; i++)
        printf("%-*s  %-*s  %s\n", name_width, settings[i].name, value_width,
               shown_value(config, &settings[i], scratch), setting_source_name(config->sources[i]));
    return 0;
}
