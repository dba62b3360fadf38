/* SPDX-License-Identifier: Apache-2.0 */
/* Status codes to exit codes. Scripts rely on this table; so does socle.1. What a status alone
 * cannot say is made so by the commands: a data or model file that is missing is DATA by the time
 * it arrives here, a configuration file that is missing is CONFIG. */
#include "cli/cli.h"

enum {
    EXIT_RUN_TIME = 1,
    EXIT_USAGE = 2,
    EXIT_DATA = 3,
    EXIT_DEVICE = 4,
    EXIT_DIVERGED = 5,
    EXIT_INTERRUPTED = 130
};

int sc_exit_code(socle_status status) {
    switch (status) {
    case SOCLE_STATUS_OK:
        return 0;
    case SOCLE_STATUS_CONFIG:
    case SOCLE_STATUS_INVALID_ARGUMENT:
    case SOCLE_STATUS_SHAPE:
        return EXIT_USAGE;
    case SOCLE_STATUS_DATA:
    case SOCLE_STATUS_NOT_FOUND:
        return EXIT_DATA;
    case SOCLE_STATUS_NO_DEVICE:
    case SOCLE_STATUS_BUILD:
    case SOCLE_STATUS_UNSUPPORTED:
        return EXIT_DEVICE;
    case SOCLE_STATUS_DIVERGED:
        return EXIT_DIVERGED;
    case SOCLE_STATUS_INTERRUPTED:
        return EXIT_INTERRUPTED;
    default:
        return EXIT_RUN_TIME;
    }
}
