/* SPDX-License-Identifier: Apache-2.0 */
/* See npz.h. */
#include "data/npz.h"
#include "base/library.h"
#include "base/text.h"
#include "io/input.h"
#include "io/quote.h"

#include <string.h>
#include <unistd.h>
#include <zip.h>

#define FUNCTIONS(X)                                                                               \
    X(zip_discard)                                                                                 \
    X(zip_error_fini)                                                                              \
    X(zip_error_init)                                                                              \
    X(zip_error_strerror)                                                                          \
    X(zip_fclose)                                                                                  \
    X(zip_file_strerror)                                                                           \
    X(zip_fopen_index)                                                                             \
    X(zip_fread)                                                                                   \
    X(zip_get_name)                                                                                \
    X(zip_get_num_entries)                                                                         \
    X(zip_open_from_source)                                                                        \
    X(zip_source_buffer_create)                                                                    \
    X(zip_source_file_create)                                                                      \
    X(zip_source_free)                                                                             \
    X(zip_stat_index)                                                                              \
    X(zip_strerror)

typedef struct zip_calls {
#define POINTER(name) __typeof__(name) *name;
    FUNCTIONS(POINTER)
#undef POINTER
} zip_calls;

static zip_calls calls;

static const char *const names[] = {
#define NAME(name) #name,
    FUNCTIONS(NAME)
#undef NAME
};

enum { COUNT = sizeof names / sizeof *names };

_Static_assert(sizeof calls == COUNT * sizeof(void *), "pointers in the order of names");

static sc_library library = {.file = LIBZIP_FILE,
                             .name = names,
                             .address = &calls,
                             .count = COUNT,
                             .missing =
                                 ".npz files are read by libzip (Debian: apt-get install libzip4)",
                             .lock = PTHREAD_MUTEX_INITIALIZER};

struct sc_npz {
    sc_env *env;
    char *path;
    zip_t *zip;
};

bool sc_npz_begins(const unsigned char head[4]) {
    return memcmp(head, "PK\3\4", 4) == 0 || memcmp(head, "PK\5\6", 4) == 0; /* empty */
}

/* Takes the source over. */
static socle_status open_source(sc_npz *npz, zip_source_t *source, zip_error_t *error) {
    if (source) npz->zip = calls.zip_open_from_source(source, ZIP_RDONLY, error);
    if (source && !npz->zip) calls.zip_source_free(source);
    if (!npz->zip)
        return sc_fail(npz->env, SOCLE_STATUS_DATA, "%s: is no archive that can be read: %s",
                       npz->path, calls.zip_error_strerror(error));
    if (sc_npz_count(npz) > 0) return SOCLE_OK;
    return sc_fail(npz->env, SOCLE_STATUS_DATA, "%s: the archive is empty", npz->path);
}

static socle_status open_any(sc_npz **out, sc_env *env, const char *path, const void *data,
                             size_t size) {
    zip_error_t error;
    sc_npz *npz;
    *out = NULL;
    SC_TRY(sc_library_load(&library, env));
    SC_TRY(sc_allocate(env, &npz, 1, sizeof *npz));
    npz->env = env;
    calls.zip_error_init(&error);
    socle_status status = sc_copy_string(env, &npz->path, path);
    if (status == SOCLE_OK)
        status = open_source(npz,
                             data ? calls.zip_source_buffer_create(data, size, 0, &error)
                                  : calls.zip_source_file_create(path, 0, -1, &error),
                             &error);
    calls.zip_error_fini(&error);
    if (status != SOCLE_OK) {
        sc_npz_close(npz);
        return status;
    }
    *out = npz;
    return SOCLE_OK;
}

socle_status sc_npz_open(sc_npz **out, sc_env *env, const char *path) {
    sc_input input; /* says what is wrong with a file that is none */
    *out = NULL;
    SC_TRY(sc_input_open(&input, env, path));
    sc_input_close(&input);
    return open_any(out, env, path, NULL, 0);
}

socle_status sc_npz_open_memory(sc_npz **out, sc_env *env, const char *label, const void *data,
                                size_t size) {
    return open_any(out, env, label, data, size);
}

void sc_npz_close(sc_npz *npz) {
    if (!npz) return;
    if (npz->zip) calls.zip_discard(npz->zip);
    sc_release(npz->env, npz->path);
    sc_release(npz->env, npz);
}

int64_t sc_npz_count(const sc_npz *npz) {
    return calls.zip_get_num_entries(npz->zip, 0);
}

/* Of its name, without ".npy". */
static size_t name_length(const char *name) {
    size_t length = strlen(name);
    return length > 4 && strcmp(name + length - 4, ".npy") == 0 ? length - 4 : length;
}

socle_status sc_npz_name(char **out, sc_npz *npz, int64_t index) {
    const char *name = calls.zip_get_name(npz->zip, (zip_uint64_t)index, 0);
    *out = NULL;
    if (!name)
        return sc_fail(npz->env, SOCLE_STATUS_DATA, "%s: array %lld has no name: %s", npz->path,
                       (long long)index, calls.zip_strerror(npz->zip));
    SC_TRY(sc_copy_string(npz->env, out, name));
    (*out)[name_length(name)] = '\0';
    return SOCLE_OK;
}

static socle_status check_entry(size_t *size, sc_npz *npz, int64_t index, const char *label) {
    enum { MOST_RATIO = 1032 }; /* of deflate */
    const zip_uint64_t needed = ZIP_STAT_SIZE | ZIP_STAT_COMP_SIZE | ZIP_STAT_COMP_METHOD;
    zip_stat_t stat;
    if (calls.zip_stat_index(npz->zip, (zip_uint64_t)index, 0, &stat) != 0 ||
        (stat.valid & needed) != needed)
        return sc_fail(npz->env, SOCLE_STATUS_DATA, "%s: the archive does not say how large it is",
                       label);
    bool known = stat.comp_method == ZIP_CM_STORE || stat.comp_method == ZIP_CM_DEFLATE;
    if (!known)
        return sc_fail(npz->env, SOCLE_STATUS_DATA,
                       "%s: is packed in another way than numpy.savez and savez_compressed have",
                       label);
    if (stat.size / MOST_RATIO <= stat.comp_size && stat.size <= PTRDIFF_MAX) {
        *size = (size_t)stat.size;
        return SOCLE_OK;
    }
    return sc_fail(npz->env, SOCLE_STATUS_DATA,
                   "%s: %llu packed bytes cannot hold the %llu that the archive says", label,
                   (unsigned long long)stat.comp_size, (unsigned long long)stat.size);
}

/* An archive says sizes that its own bytes may not bear out, so memory grows with what comes. */
static socle_status read_bytes(char **data, size_t *length, sc_npz *npz, zip_file_t *file,
                               size_t size, const char *label) {
    enum { STEP = 1 << 20 };
    size_t capacity = 0;
    for (*length = 0; *length < size;) {
        size_t next = size - *length < STEP ? size - *length : STEP;
        SC_TRY(sc_grow(npz->env, data, &capacity, *length + next, 1));
        zip_int64_t got = calls.zip_fread(file, *data + *length, next);
        if (got <= 0)
            return sc_fail(npz->env, SOCLE_STATUS_DATA, "%s: the archive is damaged: %s", label,
                           got < 0 ? calls.zip_file_strerror(file) : "the array ends too early");
        *length += (size_t)got;
    }
    char more;
    if (calls.zip_fread(file, &more, 1) == 0) return SOCLE_OK; /* the checksum is right too */
    return sc_fail(npz->env, SOCLE_STATUS_DATA, "%s: the archive is damaged: %s", label,
                   calls.zip_file_strerror(file));
}

static socle_status read_entry(sc_idx *out, sc_npz *npz, int64_t index, const char *label) {
    char *data = NULL;
    size_t size = 0, length = 0;
    SC_TRY(check_entry(&size, npz, index, label));
    zip_file_t *file = calls.zip_fopen_index(npz->zip, (zip_uint64_t)index, 0);
    if (!file)
        return sc_fail(npz->env, SOCLE_STATUS_DATA, "%s: cannot be unpacked: %s", label,
                       calls.zip_strerror(npz->zip));
    socle_status status = read_bytes(&data, &length, npz, file, size, label);
    calls.zip_fclose(file);
    if (status == SOCLE_OK)
        status = sc_idx_read_memory(out, npz->env, label, data ? data : "", length);
    sc_release(npz->env, data);
    return status;
}

/* "a.npz:x" */
static socle_status label_of(sc_text *out, sc_npz *npz, int64_t index) {
    char *name;
    SC_TRY(sc_npz_name(&name, npz, index));
    sc_text_add(out, "%s:%s", npz->path, sc_quote(name).text);
    sc_release(npz->env, name);
    return out->status;
}

socle_status sc_npz_read(sc_idx *out, sc_npz *npz, int64_t index) {
    sc_text label;
    *out = (sc_idx){0};
    sc_text_init(&label, npz->env);
    socle_status status = label_of(&label, npz, index);
    if (status == SOCLE_OK) status = read_entry(out, npz, index, label.data);
    sc_text_free(&label);
    return status;
}

static socle_status fail_name(sc_npz *npz, const char *name) {
    enum { MOST_NAMED = 20 };
    sc_text list;
    sc_text_init(&list, npz->env);
    for (int64_t i = 0; i < sc_npz_count(npz) && i < MOST_NAMED; i++) {
        char *other = NULL;
        if (sc_npz_name(&other, npz, i) == SOCLE_OK)
            sc_text_add(&list, "%s%s", i ? ", " : "", sc_quote(other).text);
        sc_release(npz->env, other);
    }
    socle_status status =
        name ? sc_fail(npz->env, SOCLE_STATUS_DATA, "%s: has no array '%s'; it has %s", npz->path,
                       sc_quote(name).text, list.data)
             : sc_fail(npz->env, SOCLE_STATUS_DATA,
                       "%s: has several arrays: %s; say which, as in %s:NAME", npz->path, list.data,
                       npz->path);
    sc_text_free(&list);
    return status;
}

socle_status sc_npz_read_named(sc_idx *out, sc_npz *npz, const char *name) {
    *out = (sc_idx){0};
    if (!name && sc_npz_count(npz) == 1) return sc_npz_read(out, npz, 0);
    for (int64_t i = 0; name && i < sc_npz_count(npz); i++) {
        const char *other = calls.zip_get_name(npz->zip, (zip_uint64_t)i, 0);
        if (other && name_length(other) == strlen(name) && strncmp(other, name, strlen(name)) == 0)
            return sc_npz_read(out, npz, i);
    }
    return fail_name(npz, name);
}
