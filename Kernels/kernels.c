// Implements the list of embedded kernel sources. A new .cl file needs an #embed and an ENTRY.
#include "CKernels.h"

typedef struct {
  const char *name;
  const unsigned char *text;
  size_t length;
} source;

static const unsigned char common_real[] = {
#embed "common/real.cl"
};
static const unsigned char common_batch[] = {
#embed "common/batch.cl"
};
static const unsigned char elementwise_axpy[] = {
#embed "elementwise/axpy.cl"
};
static const unsigned char elementwise_copy[] = {
#embed "elementwise/copy.cl"
};
static const unsigned char elementwise_hadamard[] = {
#embed "elementwise/hadamard.cl"
};
static const unsigned char elementwise_scale[] = {
#embed "elementwise/scale.cl"
};
static const unsigned char linalg_gemm_blocks[] = {
#embed "linalg/gemm_blocks.cl"
};
static const unsigned char linalg_gemm_tiles[] = {
#embed "linalg/gemm_tiles.cl"
};
static const unsigned char linalg_gemm_vectors[] = {
#embed "linalg/gemm_vectors.cl"
};
static const unsigned char linalg_matmul[] = {
#embed "linalg/matmul.cl"
};
static const unsigned char network_activations[] = {
#embed "network/activations.cl"
};
static const unsigned char network_embed[] = {
#embed "network/embed.cl"
};
static const unsigned char network_log_cross_entropy[] = {
#embed "network/log_cross_entropy.cl"
};
static const unsigned char network_network_blocks[] = {
#embed "network/network_blocks.cl"
};
static const unsigned char network_network_panels[] = {
#embed "network/network_panels.cl"
};
static const unsigned char network_network_samples[] = {
#embed "network/network_samples.cl"
};
static const unsigned char network_row[] = {
#embed "network/row.cl"
};
static const unsigned char network_sample_scores[] = {
#embed "network/sample_scores.cl"
};
static const unsigned char network_score_sums[] = {
#embed "network/score_sums.cl"
};
static const unsigned char network_softmax_cross_entropy[] = {
#embed "network/softmax_cross_entropy.cl"
};
static const unsigned char network_update[] = {
#embed "network/update.cl"
};
static const unsigned char random_philox[] = {
#embed "random/philox.cl"
};
static const unsigned char reduction_dot[] = {
#embed "reduction/dot.cl"
};
static const unsigned char reduction_l1_norm[] = {
#embed "reduction/l1_norm.cl"
};
static const unsigned char reduction_l2_norm[] = {
#embed "reduction/l2_norm.cl"
};
static const unsigned char reduction_max[] = {
#embed "reduction/max.cl"
};
static const unsigned char reduction_tree[] = {
#embed "reduction/tree.cl"
};
static const unsigned char resident_sparse_recovery_components[] = {
#embed "resident/sparse_recovery_components.cl"
};
static const unsigned char resident_sparse_recovery_lanes[] = {
#embed "resident/sparse_recovery_lanes.cl"
};
static const unsigned char resident_sparse_recovery_step[] = {
#embed "resident/sparse_recovery_step.cl"
};
static const unsigned char resident_sparse_recovery_view[] = {
#embed "resident/sparse_recovery_view.cl"
};
static const unsigned char resident_sparse_recovery_work_group[] = {
#embed "resident/sparse_recovery_work_group.cl"
};
static const unsigned char resident_factored_recovery_components[] = {
#embed "resident/factored_recovery_components.cl"
};
static const unsigned char resident_factored_recovery_lanes[] = {
#embed "resident/factored_recovery_lanes.cl"
};
static const unsigned char resident_factored_recovery_step[] = {
#embed "resident/factored_recovery_step.cl"
};
static const unsigned char resident_factored_recovery_work_group[] = {
#embed "resident/factored_recovery_work_group.cl"
};
static const unsigned char svd_rotation[] = {
#embed "svd/rotation.cl"
};
static const unsigned char resident_matrix_recovery_lanes[] = {
#embed "resident/matrix_recovery_lanes.cl"
};
static const unsigned char resident_matrix_recovery_step[] = {
#embed "resident/matrix_recovery_step.cl"
};
static const unsigned char svd_output[] = {
#embed "svd/output.cl"
};
static const unsigned char svd_svd_columns[] = {
#embed "svd/svd_columns.cl"
};
static const unsigned char svd_svd_lanes[] = {
#embed "svd/svd_lanes.cl"
};
static const unsigned char svd_svd_work_group[] = {
#embed "svd/svd_work_group.cl"
};
static const unsigned char resident_matrix_recovery_work_group[] = {
#embed "resident/matrix_recovery_work_group.cl"
};
static const unsigned char resident_scalar_network_lanes[] = {
#embed "resident/scalar_network_lanes.cl"
};
static const unsigned char resident_warm_jacobi_lanes[] = {
#embed "resident/warm_jacobi_lanes.cl"
};
static const unsigned char resident_diagonal_network[] = {
#embed "resident/diagonal_network.cl"
};
static const unsigned char resident_diagonal_network_noise[] = {
#embed "resident/diagonal_network_noise.cl"
};
static const unsigned char resident_diagonal_network_step[] = {
#embed "resident/diagonal_network_step.cl"
};
static const unsigned char resident_diagonal_network_sums[] = {
#embed "resident/diagonal_network_sums.cl"
};
static const unsigned char shrinkage_sign[] = {
#embed "shrinkage/sign.cl"
};
static const unsigned char shrinkage_soft_threshold[] = {
#embed "shrinkage/soft_threshold.cl"
};

#define ENTRY(folder, file) {#folder "/" #file ".cl", folder##_##file, sizeof folder##_##file}

static const source sources[] = {
    ENTRY(common, real),
    ENTRY(common, batch),
    ENTRY(elementwise, axpy),
    ENTRY(elementwise, copy),
    ENTRY(elementwise, hadamard),
    ENTRY(elementwise, scale),
    ENTRY(linalg, gemm_blocks),
    ENTRY(linalg, gemm_tiles),
    ENTRY(linalg, gemm_vectors),
    ENTRY(linalg, matmul),
    ENTRY(network, activations),
    ENTRY(network, embed),
    ENTRY(network, log_cross_entropy),
    ENTRY(network, network_blocks),
    ENTRY(network, network_panels),
    ENTRY(network, network_samples),
    ENTRY(network, row),
    ENTRY(network, sample_scores),
    ENTRY(network, score_sums),
    ENTRY(network, softmax_cross_entropy),
    ENTRY(network, update),
    ENTRY(random, philox),
    ENTRY(reduction, dot),
    ENTRY(reduction, l1_norm),
    ENTRY(reduction, l2_norm),
    ENTRY(reduction, max),
    ENTRY(reduction, tree),
    ENTRY(resident, sparse_recovery_components),
    ENTRY(resident, sparse_recovery_lanes),
    ENTRY(resident, sparse_recovery_step),
    ENTRY(resident, sparse_recovery_view),
    ENTRY(resident, sparse_recovery_work_group),
    ENTRY(resident, factored_recovery_components),
    ENTRY(resident, factored_recovery_lanes),
    ENTRY(resident, factored_recovery_step),
    ENTRY(resident, factored_recovery_work_group),
    ENTRY(svd, rotation),
    ENTRY(resident, matrix_recovery_lanes),
    ENTRY(resident, matrix_recovery_step),
    ENTRY(svd, output),
    ENTRY(svd, svd_columns),
    ENTRY(svd, svd_lanes),
    ENTRY(svd, svd_work_group),
    ENTRY(resident, matrix_recovery_work_group),
    ENTRY(resident, scalar_network_lanes),
    ENTRY(resident, warm_jacobi_lanes),
    ENTRY(resident, diagonal_network),
    ENTRY(resident, diagonal_network_noise),
    ENTRY(resident, diagonal_network_step),
    ENTRY(resident, diagonal_network_sums),
    ENTRY(shrinkage, sign),
    ENTRY(shrinkage, soft_threshold),
};

size_t ckernels_count(void) { return sizeof sources / sizeof sources[0]; }

const char *ckernels_name(size_t index) {
  return index < ckernels_count() ? sources[index].name : NULL;
}

const unsigned char *ckernels_text(size_t index, size_t *length) {
  if (index >= ckernels_count()) return NULL;
  *length = sources[index].length;
  return sources[index].text;
}
