/* SPDX-License-Identifier: Apache-2.0 */
/* Whether a device can be opened: ends with 0, or with 77 (skip) and the reason when there is none.
 * For tests that are scripts. */
#include <socle/socle.h>
#include <stdio.h>

int main(int argc, char **argv) {
    socle_context *context;
    socle_status status = socle_open(&context, argc > 1 ? argv[1] : NULL);
    if (status != SOCLE_OK) fprintf(stderr, "%s\n", socle_error(context));
    socle_close(context);
    return status == SOCLE_OK ? 0 : status == SOCLE_STATUS_NO_DEVICE ? 77 : 1;
}
