/* SPDX-License-Identifier: Apache-2.0 */
/* The fixed texts of the status codes, from the one list in socle/status.h. */
#include <socle/status.h>

const char *socle_status_text(socle_status status) {
    switch (status) {
#define STATUS_CASE(name, value, text)                                                             \
    case SOCLE_STATUS_##name:                                                                      \
        return text;
        SOCLE_STATUS_MAP(STATUS_CASE)
#undef STATUS_CASE
    }
    return "unknown status";
}
