/* http/parameter.c: limits that depend on a setting. */

#include "http/parameter.h"

int64_t parameter_max(const struct parameter *parameter, int64_t page_size_max)
{
    return parameter->kind == PARAMETER_PAGE_SIZE ? page_size_max : parameter->max;
}

int64_t parameter_standard(const struct parameter *parameter, int64_t page_size_max)
{
    int64_t max = parameter_max(parameter, page_size_max);

    return parameter->standard < max ? parameter->standard : max;
}
