struct Scalars {
  value_of_N: i32,
  value_of_M: i32,
  value_of_aRowStride: i32,
  value_of_bRowStride: i32,
  value_of_K: i32,
}

@group(0) @binding(0) var<storage, read> buffer_of_a: array<f32>;
@group(0) @binding(1) var<storage, read> buffer_of_b: array<f32>;
@group(0) @binding(2) var<storage, read_write> buffer_of_out: array<f32>;
@group(0) @binding(3) var<uniform> scalars: Scalars;
var<workgroup> shared_0: array<array<f32, 17>, 32>;
var<workgroup> shared_1: array<array<vec4<f32>, 8>, 16>;

fn rem(a: i32, b: i32) -> i32 {
  return select(a - a / b * b, 0, b == 0);
}

fn floordiv(a: i32, b: i32) -> i32 {
  let q = a / b;
  let down = (q * b != a) & (b != 0) & ((a ^ b) < 0);
  return q - select(0, 1, down);
}

fn remx4(a: vec4<i32>, b: vec4<i32>) -> vec4<i32> {
  return select(a - a / b * b, vec4<i32>(0), b == vec4<i32>(0));
}

@compute @workgroup_size(128)
fn main(@builtin(workgroup_id) workgroup: vec3<u32>, @builtin(local_invocation_index) index: u32) {
  let program_x = i32(workgroup.x);
  let invocation = i32(index);
  let tilesN_0 = max((scalars.value_of_N + 31) / 32, 1);
  let v_3 = tilesN_0 * 8;
  let inGroup_0 = rem(program_x, v_3);
  let v_4 = floordiv(program_x, v_3) * 8;
  let v_5 = ((scalars.value_of_M + 31) / 32) - v_4;
  let groupRows_0 = max(min(v_5, 8), 1);
  let v_8 = (v_4 + rem(inGroup_0, groupRows_0)) * 32;
  let at0_0 = invocation >> 4u;
  let at0_1 = (invocation & 7) * 4;
  let at0_2 = (invocation >> 3u) * 2;
  let v_10 = vec4<i32>(v_8) + vec4<i32>(at0_0, at0_0 + 8, at0_0 + 16, at0_0 + 24);
  let v_11 = v_8 + at0_2;
  let v_13 = (floordiv(inGroup_0, groupRows_0) * 32) + at0_1;
  let at0_3 = invocation & 15;
  let at0_4 = invocation >> 3u;
  let v_14 = remx4(v_10, vec4<i32>(scalars.value_of_M)) * vec4<i32>(scalars.value_of_aRowStride);
  let aTile_0 = v_14 + vec4<i32>(at0_3);
  let bTile_0 = vec4<i32>(at0_4 * scalars.value_of_bRowStride) + remx4(vec4<i32>(v_13) + vec4<i32>(0, 1, 2, 3), vec4<i32>(scalars.value_of_N));
  let v_16 = scalars.value_of_bRowStride * 16;
  let v_17 = scalars.value_of_K > 0;
  let v_19 = buffer_of_a[aTile_0.x];
  let v_20 = buffer_of_a[aTile_0.y];
  let v_21 = buffer_of_a[aTile_0.z];
  let v_22 = buffer_of_a[aTile_0.w];
  let aValues_0 = select(vec4<f32>(0.0f), vec4<f32>(v_19, v_20, v_21, v_22), vec4<bool>((at0_3 < scalars.value_of_K) & v_17));
  let v_24 = buffer_of_b[bTile_0.x];
  let v_25 = buffer_of_b[bTile_0.y];
  let v_26 = buffer_of_b[bTile_0.z];
  let v_27 = buffer_of_b[bTile_0.w];
  let bValues_0 = select(vec4<f32>(0.0f), vec4<f32>(v_24, v_25, v_26, v_27), vec4<bool>((at0_4 < scalars.value_of_K) & v_17));
  var sum_0 = vec4<f32>(0.0f);
  var sum_1 = vec4<f32>(0.0f);
  var aTile_1 = aTile_0;
  var bTile_1 = bTile_0;
  var aValues_1 = aValues_0;
  var bValues_1 = bValues_0;
  let n_0 = at0_1 >> 2u;
  let m_0 = at0_2 + 1;
  for (var k_0 = 0; k_0 < scalars.value_of_K; k_0 += 16) {
    let aTile_2 = aTile_1 + vec4<i32>(16);
    let bTile_2 = bTile_1 + vec4<i32>(v_16);
    let v_28 = k_0 + 16;
    let v_29 = scalars.value_of_K - v_28;
    let v_30 = v_28 < scalars.value_of_K;
    let v_32 = buffer_of_a[aTile_2.x];
    let v_33 = buffer_of_a[aTile_2.y];
    let v_34 = buffer_of_a[aTile_2.z];
    let v_35 = buffer_of_a[aTile_2.w];
    let v_37 = buffer_of_b[bTile_2.x];
    let v_38 = buffer_of_b[bTile_2.y];
    let v_39 = buffer_of_b[bTile_2.z];
    let v_40 = buffer_of_b[bTile_2.w];
    workgroupBarrier();
    shared_0[at0_0][at0_3] = aValues_1.x;
    shared_0[at0_0 + 8][at0_3] = aValues_1.y;
    shared_0[at0_0 + 16][at0_3] = aValues_1.z;
    shared_0[at0_0 + 24][at0_3] = aValues_1.w;
    shared_1[at0_4][at0_1 >> 2u] = bValues_1;
    workgroupBarrier();
    let a_0 = shared_0[at0_2][0];
    let b_0 = shared_1[0][n_0];
    sum_0 = (vec4<f32>(a_0) * b_0) + sum_0;
    let a_1 = shared_0[m_0][0];
    sum_1 = (vec4<f32>(a_1) * b_0) + sum_1;
    let a_2 = shared_0[at0_2][1];
    let b_1 = shared_1[1][n_0];
    sum_0 = (vec4<f32>(a_2) * b_1) + sum_0;
    let a_3 = shared_0[m_0][1];
    sum_1 = (vec4<f32>(a_3) * b_1) + sum_1;
    let a_4 = shared_0[at0_2][2];
    let b_2 = shared_1[2][n_0];
    sum_0 = (vec4<f32>(a_4) * b_2) + sum_0;
    let a_5 = shared_0[m_0][2];
    sum_1 = (vec4<f32>(a_5) * b_2) + sum_1;
    let a_6 = shared_0[at0_2][3];
    let b_3 = shared_1[3][n_0];
    sum_0 = (vec4<f32>(a_6) * b_3) + sum_0;
    let a_7 = shared_0[m_0][3];
    sum_1 = (vec4<f32>(a_7) * b_3) + sum_1;
    let a_8 = shared_0[at0_2][4];
    let b_4 = shared_1[4][n_0];
    sum_0 = (vec4<f32>(a_8) * b_4) + sum_0;
    let a_9 = shared_0[m_0][4];
    sum_1 = (vec4<f32>(a_9) * b_4) + sum_1;
    let a_10 = shared_0[at0_2][5];
    let b_5 = shared_1[5][n_0];
    sum_0 = (vec4<f32>(a_10) * b_5) + sum_0;
    let a_11 = shared_0[m_0][5];
    sum_1 = (vec4<f32>(a_11) * b_5) + sum_1;
    let a_12 = shared_0[at0_2][6];
    let b_6 = shared_1[6][n_0];
    sum_0 = (vec4<f32>(a_12) * b_6) + sum_0;
    let a_13 = shared_0[m_0][6];
    sum_1 = (vec4<f32>(a_13) * b_6) + sum_1;
    let a_14 = shared_0[at0_2][7];
    let b_7 = shared_1[7][n_0];
    sum_0 = (vec4<f32>(a_14) * b_7) + sum_0;
    let a_15 = shared_0[m_0][7];
    sum_1 = (vec4<f32>(a_15) * b_7) + sum_1;
    let a_16 = shared_0[at0_2][8];
    let b_8 = shared_1[8][n_0];
    sum_0 = (vec4<f32>(a_16) * b_8) + sum_0;
    let a_17 = shared_0[m_0][8];
    sum_1 = (vec4<f32>(a_17) * b_8) + sum_1;
    let a_18 = shared_0[at0_2][9];
    let b_9 = shared_1[9][n_0];
    sum_0 = (vec4<f32>(a_18) * b_9) + sum_0;
    let a_19 = shared_0[m_0][9];
    sum_1 = (vec4<f32>(a_19) * b_9) + sum_1;
    let a_20 = shared_0[at0_2][10];
    let b_10 = shared_1[10][n_0];
    sum_0 = (vec4<f32>(a_20) * b_10) + sum_0;
    let a_21 = shared_0[m_0][10];
    sum_1 = (vec4<f32>(a_21) * b_10) + sum_1;
    let a_22 = shared_0[at0_2][11];
    let b_11 = shared_1[11][n_0];
    sum_0 = (vec4<f32>(a_22) * b_11) + sum_0;
    let a_23 = shared_0[m_0][11];
    sum_1 = (vec4<f32>(a_23) * b_11) + sum_1;
    let a_24 = shared_0[at0_2][12];
    let b_12 = shared_1[12][n_0];
    sum_0 = (vec4<f32>(a_24) * b_12) + sum_0;
    let a_25 = shared_0[m_0][12];
    sum_1 = (vec4<f32>(a_25) * b_12) + sum_1;
    let a_26 = shared_0[at0_2][13];
    let b_13 = shared_1[13][n_0];
    sum_0 = (vec4<f32>(a_26) * b_13) + sum_0;
    let a_27 = shared_0[m_0][13];
    sum_1 = (vec4<f32>(a_27) * b_13) + sum_1;
    let a_28 = shared_0[at0_2][14];
    let b_14 = shared_1[14][n_0];
    sum_0 = (vec4<f32>(a_28) * b_14) + sum_0;
    let a_29 = shared_0[m_0][14];
    sum_1 = (vec4<f32>(a_29) * b_14) + sum_1;
    let a_30 = shared_0[at0_2][15];
    let b_15 = shared_1[15][n_0];
    sum_0 = (vec4<f32>(a_30) * b_15) + sum_0;
    let a_31 = shared_0[m_0][15];
    sum_1 = (vec4<f32>(a_31) * b_15) + sum_1;
    aTile_1 = aTile_2;
    bTile_1 = bTile_2;
    aValues_1 = select(vec4<f32>(0.0f), vec4<f32>(v_32, v_33, v_34, v_35), vec4<bool>((at0_3 < v_29) & v_30));
    bValues_1 = select(vec4<f32>(0.0f), vec4<f32>(v_37, v_38, v_39, v_40), vec4<bool>((at0_4 < v_29) & v_30));
  }
  let v_41 = (vec2<i32>(v_11) + vec2<i32>(0, 1)) * vec2<i32>(scalars.value_of_N);
  let v_44 = v_41.x + v_13;
  let v_45 = v_41.y + v_13;
  let v_46 = (vec2<i32>(v_11) + vec2<i32>(0, 1)) < vec2<i32>(scalars.value_of_M);
  let v_47 = (vec4<i32>(v_13) + vec4<i32>(0, 1, 2, 3)) < vec4<i32>(scalars.value_of_N);
  let v_50 = vec4<bool>(v_46.x) & v_47;
  let v_51 = vec4<bool>(v_46.y) & v_47;
  if (v_50.x) {
    buffer_of_out[v_44] = sum_0.x;
  }
  if (v_50.y) {
    buffer_of_out[v_44 + 1] = sum_0.y;
  }
  if (v_50.z) {
    buffer_of_out[v_44 + 2] = sum_0.z;
  }
  if (v_50.w) {
    buffer_of_out[v_44 + 3] = sum_0.w;
  }
  if (v_51.x) {
    buffer_of_out[v_45] = sum_1.x;
  }
  if (v_51.y) {
    buffer_of_out[v_45 + 1] = sum_1.y;
  }
  if (v_51.z) {
    buffer_of_out[v_45 + 2] = sum_1.z;
  }
  if (v_51.w) {
    buffer_of_out[v_45 + 3] = sum_1.w;
  }
}
