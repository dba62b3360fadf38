/* SPDX-License-Identifier: Apache-2.0 */
/* A plain program (Criterion does not run under ThreadSanitizer): several threads read pictures as
 * one does, and say what is wrong of the first that is. */
#include "data/folder.h"

#include <stdio.h>
#include <string.h>

enum { FILES = 60, SIDE = 8, BYTES = SIDE * SIDE, THREADS = 4 };

#define CORPUS SC_SOURCE_DIR "/tests/fuzz/corpus/picture/"

static const sc_picture_form form = {
    .height = SIDE, .width = SIDE, .channels = 1, .scaled = true, .grey = true};

static socle_status read_with(int threads, sc_env *env, const sc_folder *folder, uint8_t *out) {
    sc_thread_pool *pool;
    SC_TRY(sc_thread_pool_create(&pool, env, threads));
    if (sc_thread_pool_size(pool) != threads)
        fprintf(stderr, "a pool of %d threads, not %d\n", sc_thread_pool_size(pool), threads);
    socle_status status = sc_thread_pool_size(pool) == threads
                              ? sc_folder_read_pictures(folder, env, pool, &form, NULL, FILES, out)
                              : SOCLE_STATUS_WRONG_RESULT;
    sc_thread_pool_destroy(pool);
    return status;
}

int main(void) {
    static const char *const good[] = {CORPUS "grey.png", CORPUS "colours.png", CORPUS "held.jpg",
                                       CORPUS "progressive.jpg"};
    static uint8_t one[FILES * BYTES], several[FILES * BYTES];
    const char *file[FILES];
    sc_env env;
    sc_env_init(&env, NULL, NULL);
    const sc_folder folder = {.env = &env, .file = file, .files = FILES};
    for (int i = 0; i < FILES; i++) file[i] = good[i % 4];
    if (read_with(1, &env, &folder, one) != SOCLE_OK ||
        read_with(THREADS, &env, &folder, several) != SOCLE_OK) {
        fprintf(stderr, "%s\n", env.text);
        return 1;
    }
    if (memcmp(one, several, sizeof one) != 0) {
        fprintf(stderr, "%d threads read other pixels than one does\n", THREADS);
        return 1;
    }
    file[FILES / 2] = CORPUS "cut.png";
    for (int i = FILES / 2 + 1; i < FILES; i++) file[i] = CORPUS "print.jpg";
    if (read_with(THREADS, &env, &folder, several) == SOCLE_STATUS_DATA &&
        strstr(env.text, "cut.png"))
        return 0;
    fprintf(stderr, "the first picture that is broken is not named: %s\n", env.text);
    return 1;
}
