/* SPDX-License-Identifier: Apache-2.0 */
/* The inside of the OpenCL driver: its device, buffer, queue and event, and the few helpers every
 * operation is written with (program, kernel, call). Only files of src/opencl include it.
 *
 * An operation is written like this (ocl_frame.h has what all of them do alike):
 *   prepare   sc_ocl_frame_create, then its own fields
 *             sc_ocl_program_get (text of cl/ + generated text + -D list)
 *               -> cl_program, cached by the device
 *             sc_ocl_kernel_create (name, explicit local size)
 *               -> frame.kernel
 *             one warm-up: the same calls as a launch, a shape of no work, sc_ocl_call_warm
 *             instead of _run
 *   enqueue   sc_ocl_call_begin; sc_ocl_call_operand / _value, in order;
 *             sc_ocl_call_run (global size)
 *   release   the frame's; programs stay with the device */
#ifndef SC_OPENCL_OCL_H
#define SC_OPENCL_OCL_H

#include "backend/backend.h"
#include "base/text.h"
#include "cl/shape_tail.h"
#include "opencl/ocl_api.h"

#include <pthread.h>
#include <stdatomic.h>

/* ---- Errors (ocl_error.c) ---- */

enum sc_ocl_path { SC_OCL_PATH_ALLOCATE, SC_OCL_PATH_RUN, SC_OCL_PATH_BUILD };

typedef enum sc_ocl_cause {
    SC_OCL_CAUSE_MEMORY, /* memory or other resources are short: less may work, or the same later */
    SC_OCL_CAUSE_BUSY,   /* the same call may work in a moment; on a queue that runs the device is
                            lost */
    SC_OCL_CAUSE_LOST,   /* the device, its context or a command has come to a bad end */
    SC_OCL_CAUSE_BUILD,  /* this kernel text or binary and this compiler */
    SC_OCL_CAUSE_OURS    /* a call that no driver takes: the library's mistake, unless the device is
                            lost */
} sc_ocl_cause;

const char *sc_ocl_error_name(cl_int code); /* "CL_OUT_OF_RESOURCES"; "unknown OpenCL error" */
sc_ocl_cause sc_ocl_cause_of(cl_int code);
/* DEVICE_MEMORY, BUILD or DEVICE. The same code means different things on different paths. */
socle_status sc_ocl_classify(cl_int code, enum sc_ocl_path path);
/* "clCreateBuffer on NAME failed: CL_OUT_OF_RESOURCES (-5)" and what the driver's notices said. */
socle_status sc_ocl_fail(sc_env *env, const char *device, const char *call, cl_int code,
                         enum sc_ocl_path path);

/* ---- Probing (ocl_probe.c) ---- */

typedef struct sc_ocl_found {
    cl_platform_id platform;
    cl_device_id device;
} sc_ocl_found;

/* Usable devices in platform order. *out is allocated. None at all is not an error. */
socle_status sc_ocl_enumerate(sc_env *env, sc_ocl_found **out, int *count);
/* Fills everything but driver and index; `found` gives the list for ordinals among equals. */
socle_status sc_ocl_describe(sc_env *env, const sc_ocl_found *found, int count, int index,
                             sc_device_info *out);
/* One query with its result checked; a default instead of garbage. */
bool sc_ocl_device_value(cl_device_id device, cl_device_info key, void *out, size_t size);
void sc_ocl_device_text(cl_device_id device, cl_device_info key, char *out, size_t size);
bool sc_ocl_has_extension(cl_device_id device, const char *extension);

/* ---- What is known of a driver by its name (ocl_facts.c) ---- */

typedef struct sc_ocl_facts {
    bool caches_programs;        /* keeps what it has built on disk itself */
    bool works_while_waited_for; /* one of its workers computes only while a thread waits in the
                                    driver */
} sc_ocl_facts;

sc_ocl_facts sc_ocl_facts_of(const char *platform, sc_device_class device_class);

/* ---- Device (ocl_device.c) ---- */

typedef struct sc_ocl_program sc_ocl_program; /* a text that is built */
typedef struct sc_ocl_note sc_ocl_note;

/* What the driver said through the context's callback, from any thread; shown with the next error.
 */
typedef struct sc_ocl_notices {
    pthread_mutex_t lock;
    char text[512];
} sc_ocl_notices;

/* What is kept on disk of built programs. */
typedef struct sc_ocl_cache {
    char *directory; /* NULL: nothing */
    bool binaries;   /* built programs too, since the driver keeps none itself */
} sc_ocl_cache;

typedef struct sc_ocl_device {
    sc_device base;
    cl_platform_id platform;
    cl_device_id handle;
    bool is_sub_device;
    cl_context context;
    cl_command_queue setup; /* prepare's own queue: warm-ups, maps of staging buffers */
    sc_buffer *nothing; /* 4 KiB: the operand of warm-up launches; what it holds means nothing */
    sc_ocl_facts facts;
    char options[160];       /* what every program is built with */
    size_t argument_bytes;   /* the most that one kernel's arguments may take together */
    int64_t launch_products; /* multiply-adds of one launch, about, at most: other programs, and
                                watchdogs, wait for its end */
    size_t blas_elements;    /* of a buffer that CLBlast can name: its kernels have int offsets */
    bool timestamps;
    sc_ocl_program *programs; /* list; released with the device */
    sc_kernel_needs needs;    /* the most of the kernels made since somebody asked */
    bool announcing;          /* prepare notes texts instead of building them */
    sc_ocl_note *notes;       /* the texts noted since then */
    sc_ocl_cache cache;
    sc_ocl_notices notices;
    atomic_bool lost; /* the device failed to answer: every further call is DEVICE */
} sc_ocl_device;

typedef struct sc_ocl_buffer {
    sc_buffer base;
    cl_mem handle;
} sc_ocl_buffer;

typedef struct sc_ocl_event {
    sc_event base;
    cl_event handle;
} sc_ocl_event;

typedef struct sc_ocl_waiter sc_ocl_waiter;

typedef struct sc_ocl_queue {
    sc_queue base;
    cl_command_queue handle;
    cl_event last;       /* of the last command; NULL: none yet */
    socle_status failed; /* sticky */
    bool mendable;       /* a command was refused for want of memory, and those before it are done
                          */
    char failure[SC_ERROR_TEXT];
    bool unanswered; /* the last wait ended at its deadline */
    sc_ocl_waiter *waiter;
} sc_ocl_queue;

static inline sc_ocl_device *sc_ocl_device_of(sc_device *device) {
    return (sc_ocl_device *)device;
}
static inline sc_ocl_queue *sc_ocl_queue_of(sc_queue *queue) {
    return (sc_ocl_queue *)queue;
}
static inline cl_mem sc_ocl_memory(sc_operand operand) {
    return operand.buffer ? ((sc_ocl_buffer *)operand.buffer)->handle : NULL;
}
/* An operand for warm-up launches. */
static inline sc_operand sc_ocl_nothing(const sc_ocl_device *device) {
    return (sc_operand){device->nothing, 0};
}

socle_status sc_ocl_device_open(sc_device **out, sc_env *env, int index,
                                const sc_device_options *options);
socle_status sc_ocl_buffer_create(sc_buffer **out, sc_device *device, sc_buffer_kind kind,
                                  size_t bytes);
void sc_ocl_buffer_destroy(sc_buffer *buffer);
socle_status sc_ocl_queue_open(sc_queue **out, sc_device *device);
socle_status sc_ocl_queue_handle(cl_command_queue *out, sc_ocl_device *device);
/* Waits until `event` is done or failed; the deadline as in sc_queue_ops.poll (ocl_event.c). */
socle_status sc_ocl_wait(sc_ocl_queue *queue, cl_event event, uint64_t deadline);

/* Wakes a sleeping queue when an event is done (ocl_waiter.c). */
socle_status sc_ocl_waiter_create(sc_ocl_waiter **out, sc_env *env);
/* Arranges that sleeping threads are woken when `event` is done; `inside`: by a thread that waits
 * in the driver. *seen: events so far. False: nothing will wake them. */
bool sc_ocl_waiter_ask(sc_ocl_waiter *waiter, cl_event event, bool inside, unsigned *seen);
/* Sleeps for `nap` ns at most, or until an event later than number *seen is done. */
void sc_ocl_waiter_sleep(sc_ocl_waiter *waiter, uint64_t nap, unsigned *seen);
void sc_ocl_waiter_release(sc_ocl_waiter *waiter, bool hangs); /* hangs: its event will not come;
                                                                  NULL is fine */
/* Every command passes its event through here: keeps it as the last one, or makes `code` the
 * queue's sticky failure. `call` is the name for the message. */
socle_status sc_ocl_queue_done(sc_ocl_queue *queue, const char *call, cl_int code, cl_event event);
socle_status sc_ocl_queue_check(sc_ocl_queue *queue); /* DEVICE once the queue has failed */
/* Moves pending notices of the driver into `text` (zero-terminated, "" if none). */
void sc_ocl_notices_take(sc_ocl_notices *notices, char *text, size_t size);

/* ---- Lost devices (ocl_health.c) ---- */

/* sc_ocl_classify and sc_ocl_fail for a call on an open device. Where the code may hide a lost
 * device the device gets a trifle to do: if it cannot, the status is DEVICE whatever the code. */
socle_status sc_ocl_judge(sc_ocl_device *device, cl_int code, enum sc_ocl_path path);
socle_status sc_ocl_device_fail(sc_env *env, sc_ocl_device *device, const char *call, cl_int code,
                                enum sc_ocl_path path);
/* DEVICE once the device is known to be lost; OK else. Calls no driver. */
socle_status sc_ocl_check_lost(sc_ocl_device *device, sc_env *env);
/* After a failure: waits until no command of the queue can read or write memory any more, as far as
 * the device answers. True: its last command is done. */
bool sc_ocl_settle(sc_ocl_queue *queue);

/* ---- Programs (ocl_program.c, ocl_announce.c, ocl_unit.c, ocl_group.c, ocl_cache.c) ---- */

/* The program of `prefix` (generated text, may be NULL) followed by the embedded file `file`
 * ("pool.cl"; NULL: the prefix is all). #include "x.h" lines of both are replaced by embedded
 * texts. `defines` is "-D NAME=VALUE ..." in a fixed order, or NULL. Equal texts are compiled once
 * per device. *out belongs to the device: do not release. While the device hears announcements the
 * text is noted, *out means nothing, and creating a kernel of it ends the preparing: so an
 * implementation gets all its programs first. Errors: BUILD with the first lines of the build log,
 * DEVICE. */
socle_status sc_ocl_program_get(const sc_ocl_program **out, sc_ocl_device *device,
                                const char *prefix, const char *file, const char *defines);
void sc_ocl_programs_release(sc_ocl_device *device);
int sc_ocl_programs_count(const sc_device *device);
void sc_ocl_announce_begin(sc_device *device);
void sc_ocl_announce_end(sc_device *device);
/* INTERRUPTED while the device hears announcements: there is nothing to run yet; else OK. */
socle_status sc_ocl_announce_check(const sc_ocl_device *device);
socle_status sc_ocl_splice(sc_text *out, const char *source, size_t size, int depth);

/* Finds the folder, which is `wished` where the environment names none; the caller releases
 * out->directory. */
socle_status sc_ocl_cache_open(sc_ocl_cache *out, sc_env *env, const sc_ocl_facts *facts,
                               const char *wished);

/* ---- Kernels and calls (ocl_launch.c) ---- */

typedef struct sc_ocl_kernel {
    cl_kernel handle;
    const char *name;
    int dims;
    size_t local[3];
} sc_ocl_kernel;

/* `name` must be a literal. Local size is explicit in every launch. A product above what kernel or
 * device allow: is halved along the largest dimension until it fits when `exact` is false; else
 * UNSUPPORTED. */
socle_status sc_ocl_kernel_create(sc_ocl_kernel *out, sc_ocl_device *device,
                                  const sc_ocl_program *program, const char *name, int dims,
                                  const size_t *local, bool exact);
/* sc_device_ops.needs */
sc_kernel_needs sc_ocl_kernel_needs(sc_device *device);
void sc_ocl_kernel_destroy(sc_ocl_kernel *kernel); /* a zeroed one is fine */

/* One launch being put together. The first failure is kept and returned by run. */
typedef struct sc_ocl_call {
    sc_ocl_device *device;
    sc_ocl_queue *queue; /* NULL: a warm-up on the device's setup queue */
    const sc_ocl_kernel *kernel;
    cl_uint next;
    cl_int code;
    bool misaligned;
    size_t local_bytes, argument_bytes;
} sc_ocl_call;

void sc_ocl_call_begin(sc_ocl_call *call, sc_ocl_device *device, sc_queue *queue,
                       const sc_ocl_kernel *kernel);
/* Two arguments: the buffer, and the offset in elements of `element` bytes as ulong. A NULL buffer
 * passes NULL. */
void sc_ocl_call_operand(sc_ocl_call *call, sc_operand operand, size_t element);
void sc_ocl_call_value(sc_ocl_call *call, const void *value, size_t size);
void sc_ocl_call_local(sc_ocl_call *call, size_t bytes); /* local memory */
/* Enqueues with `global` items (dims values), each rounded up to the local size. A zero in `global`
 * is no work and no launch. */
socle_status sc_ocl_call_run(sc_ocl_call *call, const size_t *global);
/* For a call begun with queue NULL, whose shape says "no work": launches one work-group, and once
 * more in the size class of `largest` (PoCL compiles a kernel per local size and again for large
 * grids), and waits. */
socle_status sc_ocl_call_warm(sc_ocl_call *call, const size_t *largest);

/* ---- Expressions as OpenCL C (ocl_expr.c) ---- */

/* The struct `sc_launch_values` of cl/launch.h: what an expression may read of a launch. By value.
 */
void sc_ocl_launch_values(sc_launch_values *out, const sc_launch *launch);

/* #include lines and the functions for the operations that `expr` uses ("static inline float
 * sc_op_tanh(float a)"). Once per program, before any sc_ocl_expr_body. */
void sc_ocl_expr_functions(sc_text *text, const sc_expr *expr);
/* The statements that compute the expression: const variables v0, v1, ... each on a line with 4 *
 * `indent` spaces. They read: x0, x1, ... (inputs, float or int), `launch` (sc_launch_values),
 * coord0 .. (int), sample (int), draw7 ... (float, random numbers by node). Output k is the
 * variable named by sc_ocl_expr_output. */
void sc_ocl_expr_body(sc_text *text, const sc_expr *expr, int indent);
/* Random numbers, before the body. One element: from `sample` (int) and `element` (uint, element in
 * sample). A run of `count` (uint) elements from `element_begin` (uint) on: _run fills private
 * memory, then _next reads at `index`. */
bool sc_ocl_expr_draws(const sc_expr *expr);
void sc_ocl_expr_draw_one(sc_text *text, const sc_expr *expr, int indent);
void sc_ocl_expr_draw_run(sc_text *text, const sc_expr *expr, int indent);
void sc_ocl_expr_draw_next(sc_text *text, const sc_expr *expr, int indent, const char *index);
/* The same on vectors of SC_VECTOR_WIDTH (cl/vector.h, included before) for expressions of floats
 * alone: x0 ... are vectors. The functions come after the scalar ones; SC_REAL is the vector type
 * from there on. _draw_vector: a vector of numbers from `element` on, of which `count` count;
 * before the body. */
bool sc_ocl_expr_has_vector_form(const sc_expr *expr);
void sc_ocl_expr_vector_functions(sc_text *text, const sc_expr *expr);
void sc_ocl_expr_draw_vector(sc_text *text, const sc_expr *expr, int indent);
void sc_ocl_expr_vector_body(sc_text *text, const sc_expr *expr, int indent);
/* "v7": the name of output k. */
void sc_ocl_expr_output(char out[16], const sc_expr *expr, int k);

/* ---- Fused tails (ocl_tail.c), for MATMUL, CONV2D, CONV2D_GRAD_INPUT; all of it does nothing
 * without a tail ---- */

typedef struct sc_ocl_tail {
    int operands; /* tail operands, without the result itself */
    uint8_t dtype[SC_TAIL_OPERANDS];
    sc_shape_tail shape; /* its `launch` is set per launch */
} sc_ocl_tail;

/* Describes the tail of `desc`, whose result is seen as (batch, row, column): dims [0, row) of the
 * output are the batch, [row, column) the row, [column, rank) the column; matmul: rank - 2, rank -
 * 1; conv: 1, 2. False: a broadcast pattern that three strides cannot express. Use it in `accepts`
 * (then prepare.c makes a composite) and in `prepare`. */
bool sc_ocl_tail_describe(sc_ocl_tail *out, const sc_op_desc *desc, int row, int column);
/* The text to put before the kernel file, for a described tail: the definitions that cl/tail.h
 * wants. Adds nothing without a tail, so the text may be passed as `prefix` as it is. */
void sc_ocl_tail_text(sc_text *text, const sc_op_desc *desc, const sc_ocl_tail *tail);
/* The arguments for SC_TAIL_PARAMETERS, after all others. `operands`: the first tail operand, that
 * is the caller's operands + sc_op_base_inputs(desc); ignored in a warm-up call, as is `launch`. */
void sc_ocl_tail_arguments(sc_ocl_call *call, const sc_ocl_tail *tail, const sc_operand *operands,
                           const sc_launch *launch);

/* ---- CLBlast (ocl_clblast.c) ---- */

/* For a device that is opened: CLBlast, opened once for the process. False: it is not installed,
 * and the device lacks SC_TRAIT_BLAS. */
bool sc_ocl_clblast_open(const sc_env *env);
/* For each device that got true, when it is closed. After the last one nothing that CLBlast built
 * is left. */
void sc_ocl_clblast_close(void);

/* ---- Implementations (ocl_impls.c) ---- */
extern const sc_implementation *const sc_ocl_implementations[];

#endif
