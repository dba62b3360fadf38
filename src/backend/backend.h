/* SPDX-License-Identifier: Apache-2.0 */
/* The contract between the program floor and the drivers: five nouns, about twenty slots.
 *
 *   driver -> device -> { buffer, kernel (a prepared operation), queue -> event }
 *
 * A driver fills these tables and lists its implementations; it never sees a graph. Callers go
 * through the sc_device_*, sc_queue_*, sc_prepare functions (contract.c, prepare.c), which check
 * once for all drivers. Times are nanoseconds, sizes bytes.
 *
 * Thread rule, unless a slot says otherwise: a device and everything made from it is used by one
 * thread at a time; different devices are independent. */
#ifndef SC_BACKEND_BACKEND_H
#define SC_BACKEND_BACKEND_H

#include "base/text.h"
#include "op/op.h"

#include <stdatomic.h>

typedef struct sc_driver sc_driver;
typedef struct sc_device sc_device;
typedef struct sc_buffer sc_buffer;
typedef struct sc_kernel sc_kernel;
typedef struct sc_queue sc_queue;
typedef struct sc_event sc_event;
typedef struct sc_records sc_records;
typedef struct sc_implementation sc_implementation;
typedef struct sc_kernel_cache sc_kernel_cache;
typedef struct sc_shared_kernel sc_shared_kernel;

typedef enum sc_device_class { SC_DEVICE_CPU, SC_DEVICE_GPU, SC_DEVICE_OTHER } sc_device_class;

/* Traits: what an implementation may need. Operation code asks for traits, never for the class of a
 * device. */
enum {
    SC_TRAIT_LOCAL_MEMORY = 1u << 0, /* real local memory worth tiling for */
    SC_TRAIT_FAST_FMA = 1u << 1,
    SC_TRAIT_WIDE_ITEMS = 1u << 2, /* one fat work-item per register tile pays: CPU-class cores with
                                      SIMD */
    SC_TRAIT_MANY_ITEMS = 1u << 3, /* thousands of thin work-items pay: GPU-class */
    SC_TRAIT_CORRECT_DIVIDE = 1u << 4, /* division and square root correctly rounded */
    SC_TRAIT_DENORMALS = 1u << 5,
    SC_TRAIT_HALF = 1u << 6,
    SC_TRAIT_DOUBLE = 1u << 7,
    SC_TRAIT_BLAS = 1u << 8,       /* a BLAS library for this device is there */
    SC_TRAIT_HOST_MEMORY = 1u << 9 /* shares the host's memory: integrated GPUs, CPU-class devices
                                    */
};

enum { SC_NAME_TEXT = 128, SC_ID_TEXT = 160 };

typedef struct sc_device_info {
    const sc_driver *driver;
    int index;           /* within its driver: "opencl:0" */
    char id[SC_ID_TEXT]; /* stable: vendor, name, PCI address or UUID or ordinal among equals */
    char name[SC_NAME_TEXT], vendor[SC_NAME_TEXT], platform[SC_NAME_TEXT];
    char driver_version[SC_NAME_TEXT];
    char language[SC_NAME_TEXT]; /* "OpenCL C 1.2" or "" */
    sc_device_class device_class;
    uint32_t traits;
    int vector_width; /* floats */
    int compute_units;
    uint64_t memory, max_allocation, local_memory; /* as the device says; budgets are the caller's
                                                    */
    size_t max_work_group;
    size_t alignment; /* of operand offsets, bytes */
} sc_device_info;

typedef struct sc_device_options {
    int threads;    /* cpu: number of threads, 0 = all; opencl: ignored */
    int sub_device; /* opencl: >= 0 opens that one-compute-unit sub-device (CPU-class devices); -1 =
                       whole */
    bool timestamps; /* queues record times */
    bool self_test;  /* code that opens the device for work compares known answers first; drivers
                        ignore it */
    const sc_records *records;   /* quarantine and tuning; NULL for none; must outlive the device */
    const char *cache_directory; /* NULL: none */
} sc_device_options;
#define SC_DEVICE_OPTIONS_DEFAULT ((sc_device_options){.sub_device = -1})

/* How a driver has a variable set in the environment of a process that allows it; NULL: unset. */
typedef struct sc_environment {
    void (*set)(void *user, const char *name, const char *value);
    void *user;
} sc_environment;

struct sc_driver {
    const char *name; /* "cpu", "opencl" */
    /* NULL: nothing to do. Before anything else is asked, in a process that allows its environment
     * to be changed: what the driver's libraries shall find there. Failures of theirs are no error;
     * explain tells them. Thread: the only one. */
    socle_status (*settle)(sc_env *env, const sc_environment *environment);
    /* NULL: nothing to say. Adds what keeps devices away that could be here, a line each, after
     * count. Thread: any. */
    void (*explain)(sc_text *out);
    /* Devices present now. 0 and OK when there is no platform or loader. Thread: any. */
    socle_status (*count)(sc_env *env, int *out);
    /* Facts about a device without opening it. Thread: any. */
    socle_status (*describe)(sc_env *env, int index, sc_device_info *out);
    /* Opens one; `env` stays the caller's and must outlive the device. Sub-devices and thread
     * counts come with options. */
    socle_status (*open)(sc_device **out, sc_env *env, int index, const sc_device_options *options);
};

typedef enum sc_buffer_kind {
    SC_BUFFER_DEVICE,  /* device memory; host == NULL, but for the cpu driver */
    SC_BUFFER_STAGING, /* host-mapped (pinned) for its whole life; `host` is valid. Host access and
                         queue commands on the same bytes must be ordered by events */
    SC_BUFFER_KINDS
} sc_buffer_kind;

/* Bytes of a device in use, for device_memory.c alone. Zeroed: nothing in use, no budget. */
typedef struct sc_device_account {
    _Atomic uint64_t used[SC_BUFFER_KINDS], peak[SC_BUFFER_KINDS];
    _Atomic uint64_t bounded, budget;
} sc_device_account;

/* Hears of every descriptor for which sc_prepare is asked without a name; zeroed: nobody does. */
typedef struct sc_watch {
    void (*asked)(void *user, const sc_op_desc *desc);
    void *user;
} sc_watch;

/* First member of each driver's own struct. */
struct sc_device {
    const struct sc_device_ops *ops;
    sc_env *env;
    sc_device_info info;
    sc_device_account account;
    const sc_implementation *const *implementations; /* ordered, fastest first per operation,
                                                        NULL-terminated */
    const sc_records *records;
    sc_kernel_cache *kernels; /* kernel_cache.h; NULL: none was prepared yet */
    sc_watch watch;
};

struct sc_buffer {
    sc_device *device;
    sc_buffer_kind kind;
    size_t bytes;
    void *host;
};

/* An operand of a launch. Offsets are multiples of the element size; lanes align to 128. */
typedef struct sc_operand {
    sc_buffer *buffer;
    size_t offset;
} sc_operand;

/* What a driver says that a kernel takes, in bytes. */
typedef struct sc_kernel_needs {
    uint64_t local_memory;   /* of a work-group */
    uint64_t spilled;        /* registers of an item that went to memory */
    uint64_t private_memory; /* of an item; may be spilled registers, and on CPUs its stack */
} sc_kernel_needs;

typedef struct sc_device_ops {
    void (*close)(sc_device *device);
    /* Contents are undefined. Errors: DEVICE_MEMORY (also when over max_allocation), DEVICE. */
    socle_status (*buffer_create)(sc_buffer **out, sc_device *device, sc_buffer_kind kind,
                                  size_t bytes);
    void (*buffer_destroy)(sc_buffer *buffer);
    /* An in-order stream of commands. Several queues may be used by different threads (upload
     * beside compute). */
    socle_status (*queue_open)(sc_queue **out, sc_device *device);
    /* Both NULL: announcements are of no use. Between the two calls `prepare` of an implementation
     * only takes down what it would build, and returns INTERRUPTED; the second call builds it, as
     * far as it can: what it cannot, prepare meets again. */
    void (*announce_begin)(sc_device *device);
    void (*announce_end)(sc_device *device);
    /* NULL: none. Programs that the device holds built. */
    int (*programs)(const sc_device *device);
    /* NULL: a driver without kernels of its own. The most that any kernel made since the last call
     * takes. */
    sc_kernel_needs (*needs)(sc_device *device);
} sc_device_ops;

struct sc_queue {
    const struct sc_queue_ops *ops;
    sc_device *device;
    sc_env *env; /* errors go here; set by queue_open to the device's, a worker thread puts its own
                  */
};

/* All commands are asynchronous and in order within a queue. Host memory handed to write and read
 * stays the caller's and must stay valid until a later poll or event says it is done. A failure may
 * surface at any later call of the same queue, and is then sticky: every further call returns
 * DEVICE, but see `mend`. */
typedef struct sc_queue_ops {
    void (*close)(sc_queue *queue);
    socle_status (*write)(sc_queue *queue, sc_operand dst, const void *src, size_t bytes);
    socle_status (*read)(sc_queue *queue, void *dst, sc_operand src, size_t bytes);
    socle_status (*copy)(sc_queue *queue, sc_operand dst, sc_operand src, size_t bytes);
    /* Fills with a repeated 32-bit pattern; offset and bytes are multiples of 4. */
    socle_status (*fill)(sc_queue *queue, sc_operand dst, uint32_t pattern, size_t bytes);
    /* An event of the last command of this queue. Caller releases it with event_release. */
    socle_status (*record)(sc_queue *queue, sc_event **out);
    /* Later commands of this queue start after `event`, which may come from another queue of the
     * same device. */
    socle_status (*wait_event)(sc_queue *queue, sc_event *event);
    /* Hands everything to the device without waiting. */
    socle_status (*flush)(sc_queue *queue);
    /* Waits (asleep, not spinning) until `event`, or with NULL everything, is done. TIMEOUT after
     * `deadline` ns from now; 0 = only look. A failed command gives DEVICE. */
    socle_status (*poll)(sc_queue *queue, sc_event *event, uint64_t deadline);
    /* NULL: failures are not sticky. After a command was refused with DEVICE_MEMORY: waits for
     * those before it, and if all of them went well the queue takes commands again. Errors: DEVICE
     * (it failed in another way). */
    socle_status (*mend)(sc_queue *queue);
    /* Start and end of the event's command on the device's clock; UNSUPPORTED without timestamps.
     */
    socle_status (*event_times)(sc_event *event, uint64_t *start, uint64_t *end);
    void (*event_release)(sc_event *event);
} sc_queue_ops;

struct sc_event {
    sc_queue *queue;
};

typedef socle_status sc_kernel_run(sc_kernel *kernel, sc_queue *queue, const sc_operand *operands,
                                   sc_operand workspace, const sc_launch *launch);

/* One input that a kernel brings into an order of its own before it computes. */
typedef struct sc_packing {
    size_t bytes; /* of the result; 0: the kernel packs nothing */
    int operand;  /* of the inputs; not batched */
    socle_status (*pack)(sc_kernel *kernel, sc_queue *queue, sc_operand from, sc_operand to);
    sc_kernel_run *enqueue; /* as the kernel's, where that operand lies packed already */
} sc_packing;

enum { SC_TUNING_PARAMETERS = 8, SC_TUNING_VALUES = 8 };

/* A prepared operation, the same for all who use it. First member of each implementation's own
 * struct. */
struct sc_kernel {
    sc_device *device;
    const sc_implementation *implementation;
    sc_shared_kernel *shared; /* who else uses it (kernel_cache.h); the driver leaves it alone */
    int tuning[SC_TUNING_PARAMETERS]; /* that it was prepared with; set by prepare.c */
    size_t workspace;   /* scratch bytes that each launch needs, contents undefined; known after
                           prepare */
    sc_packing packing; /* `enqueue` packs into the last `bytes` of the workspace */
    /* operands in descriptor order: inputs, then outputs. Never allocates, compiles, or validates.
     * rows == 0 writes nothing to batched outputs; other outputs get the value of an empty sum. */
    sc_kernel_run *enqueue;
    void (*release)(sc_kernel *kernel);
};

/* What an implementation does with operands that are not stored as they are computed with
 * (sc_op_computed_dtype). */
typedef enum sc_storage {
    SC_STORAGE_COMPUTED, /* takes none: prepare.c converts them around it (store.c) */
    SC_STORAGE_MOVED,    /* moves elements of any size; those that hold floats are of one type */
    SC_STORAGE_ANY       /* loads and stores each operand as it is */
} sc_storage;

/* What an implementation can be tuned by. No value changes a bit of any result: sums keep their
 * order. */
typedef struct sc_tuning_parameter {
    const char *name;            /* "PIECE" */
    int standard;                /* 0: the implementation chooses by device and shape */
    int value[SC_TUNING_VALUES]; /* all that may be tried, above 0; 0 ends them */
} sc_tuning_parameter;

/* One way of computing one operation on one driver. Static data of the driver. */
struct sc_implementation {
    sc_op op;
    const char *name; /* unique per driver and op: "packed", "clblast", "plain"; the last one of an
                         op is the reference */
    uint32_t needs;   /* traits; ignored when forced, but for SC_TRAIT_BLAS */
    uint32_t layouts; /* bit mask of sc_layout accepted for tensors of rank 4, in any mixture that
                         `accepts` does not refuse; 0 means PLAIN alone */
    sc_storage storage;
    bool fuses_tail; /* false: prepare.c makes a composite, this then a tail launch in place */
    bool canonical; /* keeps the canonical order where a descriptor asks for it (`portable`); false:
                       it is passed over there */
    /* NULL: accepts every descriptor that sc_op_check accepts (without tail unless fuses_tail). */
    bool (*accepts)(const sc_device *device, const sc_op_desc *desc);
    /* Its parameters, ended by a name of NULL; NULL: none. */
    const sc_tuning_parameter *parameter;
    /* Compiles and warms up; never measures. The descriptor is borrowed for the call: copy what is
     * needed. tuning: the value of each of its parameters, in their order. UNSUPPORTED: declined,
     * the next one is asked. */
    socle_status (*prepare)(sc_kernel **out, sc_device *device,
                            const sc_implementation *implementation, const sc_op_desc *desc,
                            const int *tuning);
};

/* prepare.c: picks from the device's ordered list: traits, quarantine, accepts, then prepare; makes
 * tail composites. An equal operation that is prepared already is the same kernel. `force` names
 * one implementation (NULL: the best): then quarantine and traits are ignored and there is no
 * second choice. Errors: UNSUPPORTED when none is left (text lists why each was passed over),
 * BUILD, DEVICE, OUT_OF_MEMORY. */
socle_status sc_prepare(sc_kernel **out, sc_device *device, const sc_op_desc *desc,
                        const char *force);
/* A hint, by which a device may build at once, and for less, what will be prepared next. Between
 * begin and end: each operation of which sc_prepare will be asked, as it will be asked; nothing
 * else is done with the device. Without _begin, or where that is false, there is no use in the
 * rest. Changes no result and fails never: what is wrong sc_prepare will say. */
bool sc_announce_begin(sc_device *device);
void sc_announce(sc_device *device, const sc_op_desc *desc, const char *force);
void sc_announce_end(sc_device *device);
/* Whether an implementation is there to be asked for exactly this descriptor. Prepares nothing. */
bool sc_prepare_fits(const sc_device *device, const sc_op_desc *desc, const char *force);
/* The layouts (bit mask of sc_layout) that the first choice for `desc` takes of one operand, the
 * others lying as `desc` proposes: the choice is the first implementation that takes the proposal
 * or, failing that, plain tensors. Prepares nothing. */
uint32_t sc_prepare_layouts(const sc_device *device, const sc_op_desc *desc, int operand,
                            const char *force);
/* kernel_cache.c: what a device holds prepared. */
typedef struct sc_prepared {
    int kernels, idle; /* with users; without, which stay for who asks next */
    int programs; /* that the driver has built for them, and holds until the device is closed */
} sc_prepared;
sc_prepared sc_device_prepared(const sc_device *device);

/* device_memory.c: what a device's memory is used for. Every buffer counts, and whatever else a
 * driver takes of it (sc_device_take). The budget bounds device buffers and, where the device
 * shares the host's memory, staging buffers. Thread: any. */
typedef struct sc_memory_use { /* bytes */
    uint64_t used[SC_BUFFER_KINDS], peak[SC_BUFFER_KINDS];
    uint64_t bounded, budget; /* bounded: what counts against the budget; budget 0: there is none */
} sc_memory_use;
sc_memory_use sc_device_memory(const sc_device *device);
void sc_device_set_budget(sc_device *device, uint64_t bytes); /* 0: none; what is in use stays */
/* The budget of a device that was given none: three quarters of its memory, or where it is the
 * host's, of what is available of that now for each of `sharers` devices. */
uint64_t sc_memory_safe_share(const sc_device_info *info, int sharers);
/* For drivers that allocate device memory which no buffer stands for. Errors: DEVICE_MEMORY over
 * the budget. */
socle_status sc_device_take(sc_device *device, sc_buffer_kind kind, size_t bytes);
void sc_device_give_back(sc_device *device, sc_buffer_kind kind, size_t bytes);

/* contract.c: thin checked forms of the slots. */
void sc_device_close(sc_device *device);
/* Errors: DEVICE_MEMORY over the budget, or as the driver says. */
socle_status sc_buffer_create(sc_buffer **out, sc_device *device, sc_buffer_kind kind,
                              size_t bytes);
void sc_buffer_destroy(sc_buffer *buffer);
socle_status sc_queue_open(sc_queue **out, sc_device *device);
void sc_queue_close(sc_queue *queue);
socle_status sc_queue_write(sc_queue *queue, sc_operand dst, const void *src, size_t bytes);
socle_status sc_queue_read(sc_queue *queue, void *dst, sc_operand src, size_t bytes);
socle_status sc_queue_copy(sc_queue *queue, sc_operand dst, sc_operand src, size_t bytes);
socle_status sc_queue_fill(sc_queue *queue, sc_operand dst, uint32_t pattern, size_t bytes);
socle_status sc_queue_record(sc_queue *queue, sc_event **out);
socle_status sc_queue_wait_event(sc_queue *queue, sc_event *event);
socle_status sc_queue_flush(sc_queue *queue);
socle_status sc_queue_poll(sc_queue *queue, sc_event *event, uint64_t deadline);
socle_status sc_queue_mend(sc_queue *queue);
socle_status sc_queue_finish(sc_queue *queue); /* poll for everything within SC_DEADLINE_DEFAULT */
socle_status sc_event_times(sc_event *event, uint64_t *start, uint64_t *end);
void sc_event_release(sc_event *event);
socle_status sc_kernel_enqueue(sc_kernel *kernel, sc_queue *queue, const sc_operand *operands,
                               sc_operand workspace, const sc_launch *launch);
/* Packs the operand that lies at `from` into packing.bytes bytes at `to`, where packing.bytes says
 * that there is something to pack. */
socle_status sc_kernel_pack(sc_kernel *kernel, sc_queue *queue, sc_operand from, sc_operand to);
/* sc_kernel_enqueue with that result in place of the operand; the workspace needs packing.bytes
 * less. */
socle_status sc_kernel_enqueue_packed(sc_kernel *kernel, sc_queue *queue,
                                      const sc_operand *operands, sc_operand workspace,
                                      const sc_launch *launch);
void sc_kernel_release(sc_kernel *kernel);           /* ends one use; NULL is fine */
const char *sc_kernel_name(const sc_kernel *kernel); /* "packed", or "clblast+tail" for a composite
                                                      */
#define SC_DEADLINE_DEFAULT UINT64_C(600000000000)

/* builtin.c: the one list of concrete drivers, NULL-terminated. */
const sc_driver *const *sc_builtin_drivers(void);

#endif
