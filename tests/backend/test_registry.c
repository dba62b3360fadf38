/* SPDX-License-Identifier: Apache-2.0 */
/* The device grammar over a made-up machine, so that cards are there that are not here: cpu, gpu,
 * auto, all, indices, ids, names, shares, sub-devices, and the texts of what is wrong. */
#include "device_fixture.h"

static const sc_driver plain = {.name = "cpu"}, opencl = {.name = "opencl"};

enum { GIB = 30 };

typedef struct machine {
    sc_env env;
    log_lines log;
    sc_device_info info[8];
    sc_registry registry;
    sc_device_choice *choice;
    int count;
} machine;

static void add(machine *m, const sc_driver *driver, sc_device_class class, const char *name,
                const char *platform, const char *id, uint64_t memory, uint32_t traits) {
    sc_device_info *info = &m->info[m->registry.count];
    int index = 0;
    for (int i = 0; i < m->registry.count; i++) index += m->info[i].driver == driver;
    *info = (sc_device_info){.driver = driver,
                             .index = index,
                             .device_class = class,
                             .memory = memory << GIB,
                             .traits = traits,
                             .compute_units = 4};
    snprintf(info->name, sizeof info->name, "%s", name);
    snprintf(info->platform, sizeof info->platform, "%s", platform);
    snprintf(info->id, sizeof info->id, "%s", id);
    m->registry.count++;
}

/* 0 cpu; opencl:0 PoCL; opencl:1 integrated; opencl:2 the large card; opencl:3 the same card by
 * another platform; opencl:4 a small card. */
static void setup(machine *m) {
    memset(m, 0, sizeof *m);
    log_env_init(&m->env, &m->log);
    m->registry.info = m->info;
    add(m, &plain, SC_DEVICE_CPU, "AMD EPYC", "", "cpu.amd-epyc", 16, SC_TRAIT_HOST_MEMORY);
    add(m, &opencl, SC_DEVICE_CPU, "pthread-AMD EPYC", "Portable Computing Language", "pocl.epyc.0",
        16, SC_TRAIT_HOST_MEMORY);
    add(m, &opencl, SC_DEVICE_GPU, "UHD Graphics 770", "Intel(R) OpenCL",
        "intel.uhd.pci-0000:00:02.0", 64, SC_TRAIT_HOST_MEMORY);
    add(m, &opencl, SC_DEVICE_GPU, "gfx1100", "AMD APP", "amd.gfx1100.pci-0000:03:00.0", 24, 0);
    add(m, &opencl, SC_DEVICE_GPU, "Radeon RX 7900", "rusticl", "mesa.radeon.pci-0000:03:00.0", 24,
        0);
    add(m, &opencl, SC_DEVICE_GPU, "GeForce GTX 1650", "NVIDIA CUDA", "nvidia.gtx.pci-0000:04:00.0",
        4, 0);
}

static void chooses(machine *m, const char *text, int count, const sc_device_choice *expected) {
    SC_REPRO("--device %s", text ? text : "(none)");
    SC_OK(&m->env, sc_registry_select(&m->registry, &m->env, text, &m->choice, &m->count));
    SC_EQ(m->count, count);
    for (int i = 0; i < count; i++) {
        SC_EQ(m->choice[i].entry, expected[i].entry);
        SC_EQ(m->choice[i].sub_device, expected[i].sub_device);
        SC_EQ_FLOAT_BITS(m->choice[i].share, expected[i].share);
    }
    sc_release(&m->env, m->choice);
}

#define ONE(machine, text, entry) chooses(machine, text, 1, &(sc_device_choice){entry, -1, 0})

static void refuses(machine *m, const char *text, socle_status status, const char *part) {
    SC_REPRO("--device %s", text);
    SC_FAILS(&m->env, sc_registry_select(&m->registry, &m->env, text, &m->choice, &m->count),
             status);
    SC_CONTAINS(m->env.text, part);
    SC_TRUE(m->choice == NULL && m->count == 0);
}

Test(registry, single_words) {
    machine m;
    setup(&m);
    ONE(&m, "cpu", 0);
    ONE(&m, "CPU", 0);
    ONE(&m, "gpu", 3); /* own memory before the host's larger one; the first of equals */
    ONE(&m, "auto", 3);
    ONE(&m, NULL, 3);
    ONE(&m, " gpu ", 3);
    ONE(&m, "cpu:0", 0);
    ONE(&m, "opencl:0", 1);
    ONE(&m, "opencl:4", 5);
    ONE(&m, "nvidia.gtx.pci-0000:04:00.0", 5);
    ONE(&m, "GeForce GTX 1650", 5);
    ONE(&m, "geforce gtx 1650", 5);
    ONE(&m, "1650", 5);
    ONE(&m, "uhd", 2);
    ONE(&m, "AMD EPYC", 0); /* a whole name before a part of another */
    SC_EQ(m.log.count, 0);
}

Test(registry, all_takes_each_card_once_and_one_cpu) {
    machine m;
    setup(&m);
    const sc_device_choice all[] = {{2, -1, 0}, {3, -1, 0}, {5, -1, 0}, {1, -1, 0}};
    chooses(&m, "all", 4, all);
    /* Without addresses, equal names on two platforms count as one card, and equal names on one
     * platform as two. */
    snprintf(m.info[3].id, sizeof m.info[3].id, "amd.0");
    snprintf(m.info[4].id, sizeof m.info[4].id, "mesa.0");
    snprintf(m.info[4].name, sizeof m.info[4].name, "GFX1100");
    chooses(&m, "all", 4, all);
    snprintf(m.info[4].platform, sizeof m.info[4].platform, "AMD APP");
    const sc_device_choice both[] = {{2, -1, 0}, {3, -1, 0}, {4, -1, 0}, {5, -1, 0}, {1, -1, 0}};
    chooses(&m, "all", 5, both);
}

Test(registry, auto_falls_back_step_by_step) {
    machine m;
    setup(&m);
    m.registry.count = 3;
    ONE(&m, "auto", 2);
    m.registry.count = 2;
    ONE(&m, "auto", 1); /* a cpu through OpenCL */
    SC_EQ(m.log.count, 0);
    refuses(&m, "gpu", SOCLE_STATUS_NO_DEVICE, "no device 'gpu'");
    m.registry.count = 1;
    ONE(&m, "auto", 0);
    SC_EQ(m.log.count, 1);
    SC_EQ(m.log.level[0], SOCLE_LOG_INFO);
    SC_CONTAINS(m.log.text[0], "no OpenCL device");
    ONE(&m, "all", 0);
    m.registry.count = 0;
    refuses(&m, "auto", SOCLE_STATUS_NO_DEVICE, "Present: none");
    refuses(&m, "all", SOCLE_STATUS_NO_DEVICE, "Present: none");
    refuses(&m, "cpu", SOCLE_STATUS_NO_DEVICE, "Present: none");
}

/* Names as Mesa gives them, with commas, brackets and what looks like a share or a sub-device. */
static void add_mesa(machine *m) {
    setup(m);
    m->registry.count = 2;
    add(m, &opencl, SC_DEVICE_CPU, "llvmpipe (LLVM 15.0.6, 256 bits)", "rusticl", "mesa.llvmpipe.0",
        2, 0);
    add(m, &opencl, SC_DEVICE_GPU, "AMD Radeon RX 6700 XT (navi22, LLVM 15.0.6, DRM 3.49, 6.1.0)",
        "rusticl", "amd.radeon.pci-0000:03:00.0", 12, 0);
    add(m, &opencl, SC_DEVICE_CPU, "llvmpipe (LLVM 15.0.6", "other", "a,b=2.0", 2, 0);
    add(m, &opencl, SC_DEVICE_GPU, "card=3", "other", "card/3", 2, 0);
}

#define LLVMPIPE "llvmpipe (LLVM 15.0.6, 256 bits)"
#define RADEON "AMD Radeon RX 6700 XT (navi22, LLVM 15.0.6, DRM 3.49, 6.1.0)"

Test(registry, names_with_commas_are_taken_whole) {
    static const struct {
        const char *text;
        int count;
        sc_device_choice expected[4];
    } rows[] = {
        {LLVMPIPE, 1, {{2, -1, 0}}},
        {RADEON, 1, {{3, -1, 0}}},
        {"LLVMPIPE (llvm 15.0.6, 256 BITS)", 1, {{2, -1, 0}}},
        {" " LLVMPIPE " ", 1, {{2, -1, 0}}},
        {LLVMPIPE "," RADEON, 2, {{2, -1, 0}, {3, -1, 0}}},
        {RADEON " , " LLVMPIPE, 2, {{3, -1, 0}, {2, -1, 0}}},
        {"cpu," LLVMPIPE ",opencl:0", 3, {{0, -1, 0}, {2, -1, 0}, {1, -1, 0}}},
        {LLVMPIPE "=3," RADEON "=0.5,cpu=1", 3, {{2, -1, 3}, {3, -1, 0.5f}, {0, -1, 1}}},
        {LLVMPIPE "/0," LLVMPIPE "/3=2", 2, {{2, 0, 0}, {2, 3, 2}}},
        {"llvmpipe (LLVM 15.0.6", 1, {{4, -1, 0}}}, /* a whole name that another begins with */
        {"llvmpipe (LLVM 15.0.6,cpu", 2, {{4, -1, 0}, {0, -1, 0}}},
        {"a,b=2.0", 1, {{4, -1, 0}}},
        {"a,b=2.0=2", 1, {{4, -1, 2}}},
        {"a,b=2.0/1=2,cpu", 2, {{4, 1, 2}, {0, -1, 0}}},
        {"card=3", 1, {{5, -1, 0}}},
        {"card=3=1.5", 1, {{5, -1, 1.5f}}},
        {"card/3", 1, {{5, -1, 0}}},
        {"navi22", 1, {{3, -1, 0}}}, /* a part, which ends at a comma */
        {"navi22,cpu", 2, {{3, -1, 0}, {0, -1, 0}}},
        {"opencl:1,opencl:2", 2, {{2, -1, 0}, {3, -1, 0}}},
    };
    machine m;
    add_mesa(&m);
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++)
        chooses(&m, rows[i].text, rows[i].count, rows[i].expected);
}

Test(registry, a_name_with_commas_that_is_not_there) {
    machine m;
    add_mesa(&m);
    refuses(&m, "llvmpipe (LLVM 15.0.6, 512 bits)", SOCLE_STATUS_NO_DEVICE,
            "no device '512 bits)'");
    refuses(&m, RADEON "x", SOCLE_STATUS_NO_DEVICE, "no device");
    refuses(&m, RADEON "," RADEON, SOCLE_STATUS_CONFIG, "named twice");
    refuses(&m, RADEON "/0", SOCLE_STATUS_NO_DEVICE, "only OpenCL CPU devices");
    refuses(&m, LLVMPIPE "=x", SOCLE_STATUS_CONFIG, "share 'x'");
    refuses(&m, LLVMPIPE ",", SOCLE_STATUS_NO_DEVICE, "no device ''");
}

/* What other drivers' devices cannot change the meaning of. */
Test(registry, covers_what_is_named_whole) {
    machine m;
    setup(&m);
    m.registry.count = 1;
    const char *const enough[] = {"cpu",      "CPU",          "cpu:0",  "cpu=2", " cpu , cpu:0=3",
                                  "AMD EPYC", "cpu.amd-epyc", "cpu:0/0"};
    const char *const more[] = {"auto", "all", "gpu",  "opencl:0",    "cpu,opencl:0",
                                "EPYC", "",    "cpu,", "opencl:0,cpu"};
    for (size_t i = 0; i < sizeof enough / sizeof enough[0]; i++) {
        SC_REPRO("%s", enough[i]);
        SC_TRUE(sc_registry_covers(&m.registry, enough[i]));
    }
    for (size_t i = 0; i < sizeof more / sizeof more[0]; i++) {
        SC_REPRO("%s", more[i]);
        SC_TRUE(!sc_registry_covers(&m.registry, more[i]));
    }
    m.registry.count = 0;
    SC_TRUE(!sc_registry_covers(&m.registry, "cpu"));
}

Test(registry, lists_shares_and_sub_devices) {
    machine m;
    setup(&m);
    chooses(&m, "opencl:2=3,cpu=1", 2, (sc_device_choice[]){{3, -1, 3}, {0, -1, 1}});
    chooses(&m, "gpu=2.5 , cpu=0.25", 2, (sc_device_choice[]){{3, -1, 2.5f}, {0, -1, 0.25f}});
    chooses(&m, "opencl:0/1", 1, (sc_device_choice[]){{1, 1, 0}});
    chooses(&m, "opencl:0/0=1,opencl:0/3=2", 2, (sc_device_choice[]){{1, 0, 1}, {1, 3, 2}});
    chooses(&m, "cpu,cpu", 2, (sc_device_choice[]){{0, -1, 0}, {0, -1, 0}}); /* the cpu may serve
                                                                                twice: tests on one
                                                                                machine */
    refuses(&m, "gpu,opencl:2", SOCLE_STATUS_CONFIG, "named twice");
    refuses(&m, "opencl:0/4", SOCLE_STATUS_NO_DEVICE, "it has 4");
    refuses(&m, "opencl:2/0", SOCLE_STATUS_NO_DEVICE, "only OpenCL CPU devices");
    refuses(&m, "cpu/0", SOCLE_STATUS_NO_DEVICE, "only OpenCL CPU devices");
    const char *const shares[] = {"gpu=",      "gpu=0",   "gpu=-1", "gpu=1e3", "gpu=nan",
                                  "gpu=1.2.3", "gpu=0x1", "gpu=.",  "gpu=1,5x"};
    for (size_t i = 0; i + 1 < sizeof shares / sizeof shares[0]; i++)
        refuses(&m, shares[i], SOCLE_STATUS_CONFIG, "is not a number above 0");
    refuses(&m, shares[8], SOCLE_STATUS_NO_DEVICE, "no device '5x'");
}

Test(registry, unknown_names) {
    machine m;
    setup(&m);
    refuses(&m, "gppu", SOCLE_STATUS_NO_DEVICE, "did you mean 'gpu'?");
    refuses(&m, "gfx1101", SOCLE_STATUS_NO_DEVICE, "did you mean 'gfx1100'?");
    refuses(&m, "opencl:5", SOCLE_STATUS_NO_DEVICE, "no device 'opencl:5'");
    refuses(&m, "opencl:5", SOCLE_STATUS_NO_DEVICE,
            "opencl:4 (GeForce GTX 1650, id nvidia.gtx.pci-0000:04:00.0)"); /* what there is */
    refuses(&m, "epyc", SOCLE_STATUS_NO_DEVICE, "no device 'epyc'"); /* a part of two names */
    refuses(&m, "gf", SOCLE_STATUS_NO_DEVICE, "no device 'gf'");     /* too short for a part */
    refuses(&m, "", SOCLE_STATUS_NO_DEVICE, "no device ''");
    refuses(&m, "cpu,", SOCLE_STATUS_NO_DEVICE, "no device ''");
    refuses(&m, "cpu,,gpu", SOCLE_STATUS_NO_DEVICE, "no device ''");
    refuses(&m, "opencl:-1", SOCLE_STATUS_NO_DEVICE, "no device 'opencl:-1'");
    refuses(&m, "opencl:0/", SOCLE_STATUS_NO_DEVICE, "no device 'opencl:0/'");
    refuses(&m, "opencl:0/99999", SOCLE_STATUS_NO_DEVICE, "no device 'opencl:0/99999'");
    char longest[2000];
    memset(longest, 'x', sizeof longest - 1);
    longest[sizeof longest - 1] = '\0';
    refuses(&m, longest, SOCLE_STATUS_NO_DEVICE, "no device 'xxxx");
}

/* A comma of a name is no comma of the list, though the device is not here. */
Test(registry, unknown_names_with_commas) {
    machine m;
    setup(&m);
    refuses(&m, "llvmpipe (LLVM 15.0.6, 256 bits)", SOCLE_STATUS_NO_DEVICE,
            "no device 'llvmpipe (LLVM 15.0.6, 256 bits)'");
    refuses(&m, "cpu,AMD Radeon RX 6700 XT (navi22, LLVM 15.0.6, DRM 3.49)=2",
            SOCLE_STATUS_NO_DEVICE,
            "no device 'AMD Radeon RX 6700 XT (navi22, LLVM 15.0.6, DRM 3.49)'");
    refuses(&m, "a [b, c], cpu", SOCLE_STATUS_NO_DEVICE, "no device 'a [b, c]'");
    refuses(&m, "cpu,card (rev 1,gpu", SOCLE_STATUS_NO_DEVICE, "no device 'card (rev 1'");
    refuses(&m, "card),cpu", SOCLE_STATUS_NO_DEVICE, "no device 'card)'");
}

/* Two cards of one name: neither is taken silently. */
Test(registry, a_name_that_several_have_names_none) {
    machine m;
    setup(&m);
    add(&m, &opencl, SC_DEVICE_GPU, "GeForce GTX 1650", "NVIDIA CUDA",
        "nvidia.gtx.pci-0000:05:00.0", 4, 0);
    const char *const both =
        "2 devices are called 'GeForce GTX 1650': name one by its id or number: "
        "opencl:4 (id nvidia.gtx.pci-0000:04:00.0), "
        "opencl:5 (id nvidia.gtx.pci-0000:05:00.0)";
    refuses(&m, "GeForce GTX 1650", SOCLE_STATUS_NO_DEVICE, both);
    refuses(&m, "cpu,geforce gtx 1650=2", SOCLE_STATUS_NO_DEVICE, both);
    ONE(&m, "nvidia.gtx.pci-0000:05:00.0", 6);
    ONE(&m, "opencl:4", 5);
    /* One card behind two platforms, and the processor behind OpenCL, are one device each. */
    snprintf(m.info[4].name, sizeof m.info[4].name, "gfx1100");
    ONE(&m, "gfx1100", 3);
    snprintf(m.info[1].name, sizeof m.info[1].name, "AMD EPYC");
    ONE(&m, "AMD EPYC", 0);
}

Test(registry, an_entry_that_is_not_there_cannot_be_opened) {
    machine m;
    sc_device *device;
    setup(&m);
    SC_FAILS(&m.env,
             sc_registry_open(&device, &m.registry, &m.env, &(sc_device_choice){6, -1, 0}, NULL),
             SOCLE_STATUS_INVALID_ARGUMENT);
    SC_TRUE(device == NULL);
}

static socle_status select_several(sc_env *env, void *argument) {
    machine *m = argument;
    sc_device_choice *choice;
    int count;
    SC_TRY(sc_registry_select(&m->registry, env, "gpu,cpu,opencl:0,opencl:1=2", &choice, &count));
    sc_release(env, choice);
    return SOCLE_OK;
}

Test(registry, survives_refused_allocations) {
    machine m;
    setup(&m);
    sc_test_each_allocation(select_several, &m);
}
