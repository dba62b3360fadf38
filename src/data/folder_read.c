/* SPDX-License-Identifier: Apache-2.0 */
/* The pictures of a folder as samples. See folder.h. */
#include "base/hash.h"
#include "data/column_kind.h"
#include "data/folder.h"

#include <errno.h>
#include <pthread.h>
#include <string.h>
#include <sys/stat.h>

socle_status sc_folder_form(const sc_folder *folder, sc_picture_form *form) {
    sc_picture picture;
    if (form->height && form->width && form->channels) return SOCLE_OK;
    SC_TRY(sc_picture_read(&picture, folder->env, folder->file[0]));
    if (!form->height || !form->width) {
        form->height = picture.height;
        form->width = picture.width;
    }
    if (!form->channels) form->channels = picture.channels;
    sc_picture_free(&picture, folder->env);
    return SOCLE_OK;
}

/* ---- Pictures ---- */

socle_status sc_folder_stamp(uint64_t *out, sc_env *env, const char *path) {
    struct stat status;
    *out = 0;
    if (stat(path, &status) != 0)
        return sc_fail(env, SOCLE_STATUS_IO, "%s: cannot stat: %s", path, strerror(errno));
    const uint64_t facts[] = {(uint64_t)status.st_size, (uint64_t)status.st_mtim.tv_sec,
                              (uint64_t)status.st_mtim.tv_nsec};
    *out = sc_hash_bytes(facts, sizeof facts, 0).low;
    return SOCLE_OK;
}

static socle_status check_same(const sc_folder *folder, sc_env *env, size_t index) {
    uint64_t stamp;
    if (!folder->stamp) return SOCLE_OK;
    SC_TRY(sc_folder_stamp(&stamp, env, folder->file[index]));
    if (stamp == folder->stamp[index]) return SOCLE_OK;
    return sc_fail(env, SOCLE_STATUS_DATA,
                   "%s: was changed while it was in use: begin again with data that stay as they "
                   "are",
                   folder->file[index]);
}

static socle_status read_one(const sc_folder *folder, sc_env *env, const sc_picture_form *form,
                             size_t index, uint8_t *out) {
    sc_picture picture;
    SC_TRY(check_same(folder, env, index));
    SC_TRY(sc_picture_read(&picture, env, folder->file[index]));
    socle_status status = sc_picture_fit(&picture, env, folder->file[index], form, out);
    sc_picture_free(&picture, env);
    return status;
}

typedef struct reading {
    const sc_folder *folder;
    const sc_picture_form *form;
    sc_env *env;
    const uint32_t *number; /* NULL: 0, 1, ... */
    uint8_t *out;
    size_t bytes; /* of a picture */
    pthread_mutex_t mutex;
    /* Under mutex: the first place where something is wrong, and what; status OK: nothing is. */
    int64_t place;
    socle_status status;
    sc_env error;
} reading;

/* What lies behind a picture that cannot be read is not read. */
static bool is_needed(reading *of, int64_t place) {
    pthread_mutex_lock(&of->mutex);
    const bool needed = of->status == SOCLE_OK || place < of->place;
    pthread_mutex_unlock(&of->mutex);
    return needed;
}

static void read_place(void *argument, int64_t place, int worker) {
    reading *of = argument;
    sc_env own;
    (void)worker;
    if (!is_needed(of, place)) return;
    sc_env_child(&own, of->env);
    socle_status status =
        read_one(of->folder, &own, of->form, of->number ? of->number[place] : (size_t)place,
                 of->out + (size_t)place * of->bytes);
    if (status == SOCLE_OK) return;
    pthread_mutex_lock(&of->mutex);
    if (of->status == SOCLE_OK || place < of->place) {
        of->place = place;
        of->status = status;
        of->error = own;
    }
    pthread_mutex_unlock(&of->mutex);
}

socle_status sc_folder_read_pictures(const sc_folder *folder, sc_env *env, sc_thread_pool *pool,
                                     const sc_picture_form *form, const uint32_t *number,
                                     size_t count, uint8_t *out) {
    reading of = {.folder = folder,
                  .form = form,
                  .env = env,
                  .number = number,
                  .out = out,
                  .bytes = (size_t)(form->channels * form->height * form->width),
                  .mutex = PTHREAD_MUTEX_INITIALIZER};
    sc_thread_pool_run(pool, (int64_t)count, read_place, &of);
    pthread_mutex_destroy(&of.mutex);
    if (of.status != SOCLE_OK) sc_env_adopt_error(env, &of.error);
    return of.status;
}

/* ---- All of them ---- */

static socle_status read_all(sc_dataset *dataset, const sc_folder *folder,
                             const sc_picture_form *form) {
    const socle_shape one = {0},
                      shape = {.rank = 3, .size = {form->channels, form->height, form->width}};
    const char *input = sc_column_name(SC_COLUMN_INPUT), *label = sc_column_name(SC_COLUMN_LABEL);
    size_t count = (size_t)sc_dataset_count(dataset);
    void *pixels;
    SC_TRY(sc_dataset_add_new(dataset, &pixels, input, SOCLE_U8, &shape));
    sc_thread_pool *pool;
    SC_TRY(sc_thread_pool_create(&pool, folder->env, 0));
    socle_status status =
        sc_folder_read_pictures(folder, folder->env, pool, form, NULL, count, pixels);
    sc_thread_pool_destroy(pool);
    SC_TRY(status);
    return folder->class ? sc_dataset_add_copy(dataset, label, SOCLE_I32, &one, folder->label)
                         : SOCLE_OK;
}

socle_status sc_folder_read(sc_dataset **out, const sc_folder *folder, const sc_picture_form *form,
                            int64_t limit) {
    int64_t count = (int64_t)folder->files;
    if (limit && limit < count) count = limit;
    SC_TRY(sc_dataset_create(out, folder->env, folder->path, count));
    socle_status status = read_all(*out, folder, form);
    if (status == SOCLE_OK) return SOCLE_OK;
    sc_dataset_destroy(*out);
    *out = NULL;
    return status;
}
