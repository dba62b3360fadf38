/* SPDX-License-Identifier: Apache-2.0 */
/* Which OpenCL devices there are, without opening any: platforms, usable devices, and every fact
 * the contract asks for. Each query is checked and has a default, because drivers answer some
 * wrongly or not at all. A broken platform is left out with a warning; the others stay usable. It
 * must not create a context. */
#include "opencl/ocl.h"
#include "opencl/ocl_vendors.h"

#include <ctype.h>
#include <pthread.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

enum { PLATFORMS = 32, DEVICES = 64, NO_PLATFORM = -1001, LEAST_MEMORY = 128 << 20 };

bool sc_ocl_device_value(cl_device_id device, cl_device_info key, void *out, size_t size) {
    unsigned char value[16];
    size_t given = 0;
    if (size > sizeof value) return false;
    if (clGetDeviceInfo(device, key, size, value, &given) != CL_SUCCESS || given != size)
        return false;
    memcpy(out, value, size);
    return true;
}

void sc_ocl_device_text(cl_device_id device, cl_device_info key, char *out, size_t size) {
    char text[2048];
    size_t given = 0;
    text[0] = '\0';
    if (clGetDeviceInfo(device, key, sizeof text - 1, text, &given) != CL_SUCCESS ||
        given >= sizeof text)
        given = 0;
    text[given] = '\0';
    const char *begin = text;
    while (isspace((unsigned char)*begin)) begin++;
    size_t length = strlen(begin);
    while (length && isspace((unsigned char)begin[length - 1])) length--;
    if (length >= size) length = size - 1;
    memcpy(out, begin, length);
    out[length] = '\0';
}

static void platform_text(cl_platform_id platform, char *out, size_t size) {
    size_t given = 0;
    if (clGetPlatformInfo(platform, CL_PLATFORM_NAME, size - 1, out, &given) != CL_SUCCESS ||
        given >= size)
        given = 0;
    out[given] = '\0';
}

bool sc_ocl_has_extension(cl_device_id device, const char *extension) {
    char list[8192];
    size_t given = 0, length = strlen(extension);
    if (clGetDeviceInfo(device, CL_DEVICE_EXTENSIONS, sizeof list - 1, list, &given) !=
            CL_SUCCESS ||
        given >= sizeof list)
        return false;
    list[given] = '\0';
    for (const char *at = list; (at = strstr(at, extension)) != NULL; at += length)
        if ((at == list || at[-1] == ' ') && (at[length] == ' ' || at[length] == '\0')) return true;
    return false;
}

/* Some drivers fail once while they load; asked again they work. */
static void wait_a_moment(void) {
    nanosleep(&(struct timespec){.tv_nsec = 50000000}, NULL);
}

static cl_int get_platforms(cl_platform_id *list, cl_uint *count) {
    cl_int code = clGetPlatformIDs(PLATFORMS, list, count);
    if (code == CL_SUCCESS || code == NO_PLATFORM) return code;
    wait_a_moment();
    return clGetPlatformIDs(PLATFORMS, list, count);
}

static cl_int get_devices(cl_platform_id platform, cl_device_id *list, cl_uint *count) {
    cl_int code = clGetDeviceIDs(platform, CL_DEVICE_TYPE_ALL, DEVICES, list, count);
    if (code == CL_SUCCESS || code == CL_DEVICE_NOT_FOUND) return code;
    wait_a_moment();
    return clGetDeviceIDs(platform, CL_DEVICE_TYPE_ALL, DEVICES, list, count);
}

static bool usable(cl_device_id device) {
    cl_bool available = CL_FALSE, compiler = CL_FALSE, little = CL_FALSE;
    char version[SC_NAME_TEXT];
    int major = 0, minor = 0;
    sc_ocl_device_value(device, CL_DEVICE_AVAILABLE, &available, sizeof available);
    sc_ocl_device_value(device, CL_DEVICE_COMPILER_AVAILABLE, &compiler, sizeof compiler);
    sc_ocl_device_value(device, CL_DEVICE_ENDIAN_LITTLE, &little, sizeof little);
    sc_ocl_device_text(device, CL_DEVICE_VERSION, version, sizeof version);
    if (sscanf(version, "OpenCL %d.%d", &major, &minor) != 2) return false;
    return available && compiler && little && (major > 1 || minor >= 2);
}

static socle_status add_platform(sc_env *env, cl_platform_id platform, sc_ocl_found **list,
                                 size_t *capacity, int *count) {
    cl_device_id devices[DEVICES];
    cl_uint present = 0;
    char name[SC_NAME_TEXT];
    platform_text(platform, name, sizeof name);
    cl_int code = get_devices(platform, devices, &present);
    if (code == CL_DEVICE_NOT_FOUND) return SOCLE_OK;
    if (code != CL_SUCCESS) {
        sc_log_line(env, SOCLE_LOG_WARNING,
                    "OpenCL platform %s is left out: clGetDeviceIDs gave %s (%d)", name,
                    sc_ocl_error_name(code), (int)code);
        return SOCLE_OK;
    }
    for (cl_uint i = 0; i < present && i < DEVICES; i++) {
        if (!usable(devices[i])) {
            sc_log_line(
                env, SOCLE_LOG_INFO,
                "an OpenCL device of %s is left out: not available, no compiler, or older than 1.2",
                name);
            continue;
        }
        SC_TRY(sc_grow(env, list, capacity, (size_t)*count + 1, sizeof **list));
        (*list)[(*count)++] = (sc_ocl_found){platform, devices[i]};
    }
    return SOCLE_OK;
}

static socle_status enumerate(sc_env *env, sc_ocl_found **out, int *count) {
    *out = NULL;
    *count = 0;
    cl_platform_id platforms[PLATFORMS];
    cl_uint present = 0;
    bool none;
    SC_TRY(sc_ocl_drivers_open(env, &none));
    if (none) return SOCLE_OK;
    cl_int code = get_platforms(platforms, &present);
    sc_ocl_drivers_opened();
    if (code == NO_PLATFORM) return SOCLE_OK;
    if (code != CL_SUCCESS)
        return sc_fail(env, SOCLE_STATUS_NO_DEVICE, "clGetPlatformIDs failed: %s (%d)",
                       sc_ocl_error_name(code), (int)code);
    size_t capacity = 0;
    for (cl_uint i = 0; i < present && i < PLATFORMS; i++) {
        socle_status status = add_platform(env, platforms[i], out, &capacity, count);
        if (status != SOCLE_OK) {
            sc_release(env, *out);
            *out = NULL;
            *count = 0;
            return status;
        }
    }
    return SOCLE_OK;
}

/* Drivers load on the first call, and some (PoCL 3.1) are not ready for two first calls at once. */
static pthread_mutex_t enumerate_lock = PTHREAD_MUTEX_INITIALIZER;

socle_status sc_ocl_enumerate(sc_env *env, sc_ocl_found **out, int *count) {
    pthread_mutex_lock(&enumerate_lock);
    socle_status status = enumerate(env, out, count);
    pthread_mutex_unlock(&enumerate_lock);
    return status;
}

/* Lower case, runs of other characters become one '-'. */
static void add_word(char *out, size_t size, const char *text) {
    size_t length = strlen(out);
    bool gap = false;
    for (; *text && length + 2 < size; text++) {
        unsigned char c = (unsigned char)*text;
        if (!isalnum(c)) {
            gap = true;
            continue;
        }
        if (gap && length && out[length - 1] != '.') out[length++] = '-';
        gap = false;
        out[length++] = (char)tolower(c);
    }
    out[length] = '\0';
}

/* Extension queries by number: the headers of 2022 lack some of the names. */
enum {
    PCI_BUS_INFO = 0x410f,
    NV_PCI_BUS = 0x4008,
    NV_PCI_SLOT = 0x4009,
    NV_PCI_DOMAIN = 0x400a,
    AMD_TOPOLOGY = 0x4037,
    UUID = 0x106a
};

static bool pci_address(cl_device_id device, uint32_t address[4]) {
    if (sc_ocl_has_extension(device, "cl_khr_pci_bus_info"))
        return sc_ocl_device_value(device, PCI_BUS_INFO, address, 4 * sizeof *address);
    if (sc_ocl_has_extension(device, "cl_nv_device_attribute_query")) {
        uint32_t slot = 0;
        if (!sc_ocl_device_value(device, NV_PCI_BUS, &address[1], sizeof *address) ||
            !sc_ocl_device_value(device, NV_PCI_SLOT, &slot, sizeof slot))
            return false;
        address[0] = 0;
        sc_ocl_device_value(device, NV_PCI_DOMAIN, &address[0], sizeof *address);
        address[2] = slot >> 3;
        address[3] = slot & 7;
        return true;
    }
    return false;
}

static bool amd_address(cl_device_id device, uint32_t address[4]) {
    unsigned char raw[24];
    size_t given = 0;
    if (!sc_ocl_has_extension(device, "cl_amd_device_attribute_query")) return false;
    if (clGetDeviceInfo(device, AMD_TOPOLOGY, sizeof raw, raw, &given) != CL_SUCCESS ||
        given != sizeof raw)
        return false;
    address[0] = 0;
    for (int i = 0; i < 3; i++) address[1 + i] = raw[21 + i];
    return true;
}

/* ".pci-0000:01:00.0" or ".uuid-..." where the driver tells, else ".N" among equals of its
 * platform. */
static void add_place(char *id, size_t size, const sc_ocl_found *found, int index) {
    cl_device_id device = found[index].device;
    size_t length = strlen(id);
    uint32_t address[4];
    unsigned char uuid[16];
    if (pci_address(device, address) || amd_address(device, address)) {
        snprintf(id + length, size - length, ".pci-%04x:%02x:%02x.%x", (unsigned)address[0],
                 (unsigned)address[1], (unsigned)address[2], (unsigned)address[3]);
        return;
    }
    if (sc_ocl_has_extension(device, "cl_khr_device_uuid") &&
        sc_ocl_device_value(device, UUID, uuid, sizeof uuid)) {
        length += (size_t)snprintf(id + length, size - length, ".uuid-");
        for (size_t i = 0; i < sizeof uuid && length + 2 < size; i++, length += 2)
            snprintf(id + length, size - length, "%02x", uuid[i]);
        return;
    }
    char name[SC_NAME_TEXT], other[SC_NAME_TEXT];
    int ordinal = 0;
    sc_ocl_device_text(device, CL_DEVICE_NAME, name, sizeof name);
    for (int i = 0; i < index; i++) {
        sc_ocl_device_text(found[i].device, CL_DEVICE_NAME, other, sizeof other);
        if (found[i].platform == found[index].platform && strcmp(name, other) == 0) ordinal++;
    }
    snprintf(id + length, size - length, ".%d", ordinal);
}

static uint32_t read_traits(cl_device_id device, sc_device_class device_class) {
    uint32_t traits = 0;
    cl_device_fp_config single = 0, twice = 0;
    cl_device_local_mem_type local = CL_GLOBAL;
    cl_bool unified = CL_FALSE;
    sc_ocl_device_value(device, CL_DEVICE_SINGLE_FP_CONFIG, &single, sizeof single);
    sc_ocl_device_value(device, CL_DEVICE_DOUBLE_FP_CONFIG, &twice, sizeof twice);
    sc_ocl_device_value(device, CL_DEVICE_LOCAL_MEM_TYPE, &local, sizeof local);
    sc_ocl_device_value(device, CL_DEVICE_HOST_UNIFIED_MEMORY, &unified, sizeof unified);
    traits |= device_class == SC_DEVICE_CPU ? SC_TRAIT_WIDE_ITEMS : SC_TRAIT_MANY_ITEMS;
    if (local == CL_LOCAL) traits |= SC_TRAIT_LOCAL_MEMORY;
    if (single & CL_FP_FMA) traits |= SC_TRAIT_FAST_FMA;
    if (single & CL_FP_CORRECTLY_ROUNDED_DIVIDE_SQRT) traits |= SC_TRAIT_CORRECT_DIVIDE;
    if (single & CL_FP_DENORM) traits |= SC_TRAIT_DENORMALS;
    if (twice) traits |= SC_TRAIT_DOUBLE;
    if (unified || device_class == SC_DEVICE_CPU) traits |= SC_TRAIT_HOST_MEMORY;
    if (sc_ocl_has_extension(device, "cl_khr_fp16")) traits |= SC_TRAIT_HALF;
    return traits;
}

static void read_sizes(cl_device_id device, sc_device_info *out) {
    cl_uint units = 1, width = 1, alignment_bits = 1024;
    cl_ulong memory = 0, allocation = 0, local = 0;
    size_t group = 1;
    sc_ocl_device_value(device, CL_DEVICE_MAX_COMPUTE_UNITS, &units, sizeof units);
    sc_ocl_device_value(device, CL_DEVICE_NATIVE_VECTOR_WIDTH_FLOAT, &width, sizeof width);
    sc_ocl_device_value(device, CL_DEVICE_MEM_BASE_ADDR_ALIGN, &alignment_bits,
                        sizeof alignment_bits);
    sc_ocl_device_value(device, CL_DEVICE_GLOBAL_MEM_SIZE, &memory, sizeof memory);
    sc_ocl_device_value(device, CL_DEVICE_MAX_MEM_ALLOC_SIZE, &allocation, sizeof allocation);
    sc_ocl_device_value(device, CL_DEVICE_LOCAL_MEM_SIZE, &local, sizeof local);
    sc_ocl_device_value(device, CL_DEVICE_MAX_WORK_GROUP_SIZE, &group, sizeof group);
    out->compute_units = units ? (int)units : 1;
    out->vector_width = width ? (int)width : 1;
    /* Without an answer: what OpenCL demands at least. */
    out->max_allocation = allocation                  ? allocation
                          : memory / 4 > LEAST_MEMORY ? memory / 4
                                                      : LEAST_MEMORY;
    out->memory = memory > out->max_allocation ? memory : out->max_allocation;
    out->local_memory = local;
    out->max_work_group = group ? group : 1;
    out->alignment = alignment_bits >= 32 && alignment_bits <= 32768 ? alignment_bits / 8 : 128;
}

socle_status sc_ocl_describe(sc_env *env, const sc_ocl_found *found, int count, int index,
                             sc_device_info *out) {
    if (index < 0 || index >= count)
        return sc_fail(env, SOCLE_STATUS_NO_DEVICE, "opencl:%d: there are %d OpenCL devices", index,
                       count);
    cl_device_id device = found[index].device;
    cl_device_type type = 0;
    sc_ocl_device_value(device, CL_DEVICE_TYPE, &type, sizeof type);
    out->device_class = type & CL_DEVICE_TYPE_CPU   ? SC_DEVICE_CPU
                        : type & CL_DEVICE_TYPE_GPU ? SC_DEVICE_GPU
                                                    : SC_DEVICE_OTHER;
    sc_ocl_device_text(device, CL_DEVICE_NAME, out->name, sizeof out->name);
    sc_ocl_device_text(device, CL_DEVICE_VENDOR, out->vendor, sizeof out->vendor);
    sc_ocl_device_text(device, CL_DRIVER_VERSION, out->driver_version, sizeof out->driver_version);
    sc_ocl_device_text(device, CL_DEVICE_OPENCL_C_VERSION, out->language, sizeof out->language);
    platform_text(found[index].platform, out->platform, sizeof out->platform);
    if (!out->name[0]) snprintf(out->name, sizeof out->name, "unnamed OpenCL device");
    read_sizes(device, out);
    out->traits = read_traits(device, out->device_class);
    out->id[0] = '\0';
    add_word(out->id, 48, out->vendor[0] ? out->vendor : "unknown");
    size_t length = strlen(out->id);
    snprintf(out->id + length, sizeof out->id - length, ".");
    add_word(out->id, 112, out->name);
    add_place(out->id, sizeof out->id, found, index);
    return SOCLE_OK;
}
