/* SPDX-License-Identifier: Apache-2.0 */
/* JPEG files by libjpeg, which reports what is wrong by jumps: they end here. */
#include "base/library.h"
#include "data/picture.h"

#include <setjmp.h>
#include <stdio.h> /* before jpeglib.h, which needs it */
#include <string.h>

#include <jpeglib.h>

#define FUNCTIONS(X)                                                                               \
    X(jpeg_CreateDecompress)                                                                       \
    X(jpeg_destroy_decompress)                                                                     \
    X(jpeg_finish_decompress)                                                                      \
    X(jpeg_mem_src)                                                                                \
    X(jpeg_read_header)                                                                            \
    X(jpeg_read_scanlines)                                                                         \
    X(jpeg_save_markers)                                                                           \
    X(jpeg_start_decompress)                                                                       \
    X(jpeg_std_error)

typedef struct jpeg_calls {
#define POINTER(name) __typeof__(name) *name;
    FUNCTIONS(POINTER)
#undef POINTER
} jpeg_calls;

static jpeg_calls calls;

static const char *const names[] = {
#define NAME(name) #name,
    FUNCTIONS(NAME)
#undef NAME
};

enum { COUNT = sizeof names / sizeof *names };

_Static_assert(sizeof calls == COUNT * sizeof(void *), "pointers in the order of names");

/* The number of the library follows its interface. */
#define TEXT_OF(number) #number
#define FILE_OF(number) "libjpeg.so." TEXT_OF(number)
#if JPEG_LIB_VERSION >= 80
#define LIBRARY FILE_OF(8)
#else
#define LIBRARY FILE_OF(62)
#endif

static sc_library library = {
    .file = LIBRARY,
    .name = names,
    .address = &calls,
    .count = COUNT,
    .missing = "JPEG files are read by libjpeg (Debian: apt-get install libjpeg62-turbo)",
    .lock = PTHREAD_MUTEX_INITIALIZER};

typedef struct job {
    struct jpeg_decompress_struct codec;
    struct jpeg_error_mgr errors;
    jmp_buf back;
    char text[JMSG_LENGTH_MAX];
    const unsigned char *data;
    size_t size;
    int orientation;
    sc_picture *out;
} job;

static void on_error(j_common_ptr codec) {
    job *of = codec->client_data;
    codec->err->format_message(codec, of->text);
    longjmp(of->back, 1);
}

/* Below 0 the data are damaged, and the library would go on with grey. */
static void on_message(j_common_ptr codec, int level) {
    if (level < 0) on_error(codec);
}

static void on_output(j_common_ptr codec) {
    (void)codec;
}

/* Runs a step of a job; false: it jumped out, and the text says why. */
static bool guarded(job *of, void (*step)(job *of)) {
    if (setjmp(of->back)) return false;
    step(of);
    return true;
}

enum { EXIF = JPEG_APP0 + 1, MOST_EXIF = 0xFFFF };

/* A marker of this number is Exif if it says so. */
static int orientation_of(jpeg_saved_marker_ptr marker) {
    static const unsigned char head[] = {'E', 'x', 'i', 'f', 0, 0};
    const size_t size = marker->data_length;
    if (size < sizeof head || memcmp(marker->data, head, sizeof head) != 0) return 1;
    return sc_picture_orientation(marker->data + sizeof head, size - sizeof head);
}

static void begin(job *of) {
    calls.jpeg_CreateDecompress(&of->codec, JPEG_LIB_VERSION, sizeof of->codec);
    of->codec.client_data = of;
    calls.jpeg_mem_src(&of->codec, of->data, (unsigned long)of->size);
    calls.jpeg_save_markers(&of->codec, EXIF, MOST_EXIF);
    calls.jpeg_read_header(&of->codec, TRUE);
    of->orientation = 1;
    for (jpeg_saved_marker_ptr at = of->codec.marker_list; at && of->orientation == 1;
         at = at->next)
        of->orientation = orientation_of(at);
    of->codec.out_color_space =
        of->codec.jpeg_color_space == JCS_GRAYSCALE ? JCS_GRAYSCALE : JCS_RGB;
    of->codec.dct_method = JDCT_ISLOW; /* the same bits on every processor */
    of->codec.do_fancy_upsampling = TRUE;
}

static void decode(job *of) {
    struct jpeg_decompress_struct *codec = &of->codec;
    const size_t row = (size_t)(of->out->width * of->out->channels);
    calls.jpeg_start_decompress(codec);
    while (codec->output_scanline < codec->output_height) {
        JSAMPROW to = of->out->pixel + row * codec->output_scanline;
        calls.jpeg_read_scanlines(codec, &to, 1);
    }
    calls.jpeg_finish_decompress(codec);
}

static socle_status run(job *of, sc_env *env, const char *label) {
    if (!guarded(of, begin))
        return sc_fail(env, SOCLE_STATUS_DATA, "%s: the JPEG file is broken: %s", label, of->text);
    J_COLOR_SPACE space = of->codec.jpeg_color_space;
    if (space == JCS_CMYK || space == JCS_YCCK)
        return sc_fail(env, SOCLE_STATUS_DATA,
                       "%s: is a JPEG file in the colours of print (CMYK); save it as RGB or grey",
                       label);
    SC_TRY(sc_picture_create(of->out, env, label, of->codec.image_height, of->codec.image_width,
                             of->codec.out_color_space == JCS_GRAYSCALE ? 1 : 3));
    if (guarded(of, decode)) return sc_picture_turn(of->out, env, of->orientation);
    return sc_fail(env, SOCLE_STATUS_DATA, "%s: the JPEG file is broken: %s", label, of->text);
}

socle_status sc_picture_decode_jpeg(sc_picture *out, sc_env *env, const char *label,
                                    const unsigned char *data, size_t size) {
    job *of;
    SC_TRY(sc_library_load(&library, env));
    SC_TRY(sc_allocate(env, &of, 1, sizeof *of));
    of->data = data;
    of->size = size;
    of->out = out;
    of->codec.err = calls.jpeg_std_error(&of->errors);
    of->codec.client_data = of;
    of->errors.error_exit = on_error;
    of->errors.emit_message = on_message;
    of->errors.output_message = on_output;
    socle_status status = run(of, env, label);
    calls.jpeg_destroy_decompress(&of->codec);
    sc_release(env, of);
    return status;
}
