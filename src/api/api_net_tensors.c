/* SPDX-License-Identifier: Apache-2.0 */
/* A network's parameters as tensors on a device, for graphs. Either the host or the tensors have
 * the newest values; whoever reads brings them over. */
#include "api/api_tensor.h"

void sc_api_free_tensors(socle_net *net) {
    for (size_t p = 0; p < net->tensors; p++) socle_tensor_destroy(net->tensor[p]);
    sc_release(&net->context->env, net->tensor);
    net->tensor = NULL;
    net->tensors = 0;
    net->newer = false;
}

socle_status sc_api_pull_tensors(socle_net *net) {
    float **set;
    socle_status status = SOCLE_OK;
    if (!net->newer) return SOCLE_OK;
    net->newer = false; /* of a device that is lost the host's weights are the newest there are */
    SC_TRY(sc_api_create_weights(net, &net->context->env, &set));
    for (size_t p = 0; p < net->tensors && status == SOCLE_OK; p++)
        status = socle_tensor_read(net->tensor[p], set[p], socle_tensor_bytes(net->tensor[p]));
    if (status != SOCLE_OK) {
        sc_api_free_weights(net, set, net->net->parameters);
        return status;
    }
    sc_api_replace_weights(net, set);
    net->tensor_version = net->version;
    return SOCLE_OK;
}

socle_status sc_api_push_tensors(socle_net *net) {
    if (net->tensor_version == net->version) return SOCLE_OK;
    for (size_t p = 0; p < net->tensors; p++)
        SC_TRY(
            socle_tensor_write(net->tensor[p], net->weight[p], socle_tensor_bytes(net->tensor[p])));
    net->tensor_version = net->version;
    return SOCLE_OK;
}

static socle_status create(socle_net *net, size_t p) {
    const sc_tensor_desc *desc = &net->net->parameter[p].desc;
    socle_shape shape = {.rank = desc->rank};
    for (int d = 0; d < desc->rank; d++) shape.size[d] = desc->dim[d];
    return socle_tensor_create(&net->tensor[p], net->context, SOCLE_F32, shape);
}

/* Whether those there are suit the network, on the device that graphs are made for now. */
static bool fit(const socle_net *net) {
    return net->tensors == net->net->parameters &&
           (!net->tensors || net->tensor[0]->home == net->context->worker);
}

socle_status sc_api_need_tensors(socle_net *net) {
    sc_env *env = &net->context->env;
    SC_TRY(sc_api_need_weights(net, 1));
    if (fit(net)) return SOCLE_OK;
    sc_api_free_tensors(net);
    SC_TRY(sc_allocate(env, &net->tensor, net->net->parameters, sizeof *net->tensor));
    net->tensor_version = net->version - 1;
    for (size_t p = 0; p < net->net->parameters; p++) {
        socle_status status = create(net, p);
        if (status != SOCLE_OK) {
            sc_api_free_tensors(net);
            return status;
        }
        net->tensors++;
    }
    return SOCLE_OK;
}
