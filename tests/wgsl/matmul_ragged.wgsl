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
var<workgroup> shared_1: array<array<f32, 33>, 16>;

fn rem(a: i32, b: i32) -> i32 {
  return select(a - a / b * b, 0, b == 0);
}

fn floordiv(a: i32, b: i32) -> i32 {
  let q = a / b;
  let down = (q * b != a) & (b != 0) & ((a ^ b) < 0);
  return q - select(0, 1, down);
}

@compute @workgroup_size(128)
fn main(@builtin(workgroup_id) workgroup: vec3<u32>, @builtin(local_invocation_index) index: u32) {
  let program_x = i32(workgroup.x);
  let invocation = i32(index);
  let v_2 = ((scalars.value_of_N + 31) / 32) * 8;
  let inGroup_0 = rem(program_x, v_2);
  let v_3 = floordiv(program_x, v_2) * 8;
  let v_4 = ((scalars.value_of_M + 31) / 32) - v_3;
  let groupRows_0 = min(v_4, 8);
  let v_6 = (v_3 + rem(inGroup_0, groupRows_0)) * 32;
  let at0_0 = invocation >> 4u;
  let at0_1 = invocation & 31;
  let at0_2 = (invocation >> 3u) * 2;
  let at0_3 = (invocation & 7) * 4;
  let v_8 = vec4<i32>(v_6) + vec4<i32>(at0_0, at0_0 + 8, at0_0 + 16, at0_0 + 24);
  let v_9 = v_6 + at0_2;
  let v_10 = floordiv(inGroup_0, groupRows_0) * 32;
  let v_11 = v_10 + at0_1;
  let v_12 = v_10 + at0_3;
  let at0_4 = invocation & 15;
  let at0_5 = invocation >> 5u;
  let depth_0 = vec4<i32>(at0_5, at0_5 + 4, at0_5 + 8, at0_5 + 12);
  let aTile_0 = (v_8 * vec4<i32>(scalars.value_of_aRowStride)) + vec4<i32>(at0_4);
  let bTile_0 = (depth_0 * vec4<i32>(scalars.value_of_bRowStride)) + vec4<i32>(v_11);
  let v_15 = v_8 < vec4<i32>(scalars.value_of_M);
  let v_16 = (vec2<i32>(v_9) + vec2<i32>(0, 1)) < vec2<i32>(scalars.value_of_M);
  let v_17 = v_11 < scalars.value_of_N;
  let v_18 = (vec4<i32>(v_12) + vec4<i32>(0, 1, 2, 3)) < vec4<i32>(scalars.value_of_N);
  let v_19 = scalars.value_of_bRowStride * 16;
  let v_21 = v_15 & vec4<bool>(at0_4 < scalars.value_of_K);
  let v_23 = (depth_0 < vec4<i32>(scalars.value_of_K)) & vec4<bool>(v_17);
  let v_24 = scalars.value_of_K > 0;
  let v_26 = buffer_of_a[aTile_0.x];
  let v_27 = buffer_of_a[aTile_0.y];
  let v_28 = buffer_of_a[aTile_0.z];
  let v_29 = buffer_of_a[aTile_0.w];
  let aValues_0 = select(vec4<f32>(0.0f), vec4<f32>(v_26, v_27, v_28, v_29), v_21 & vec4<bool>(v_24));
  let v_31 = buffer_of_b[bTile_0.x];
  let v_32 = buffer_of_b[bTile_0.y];
  let v_33 = buffer_of_b[bTile_0.z];
  let v_34 = buffer_of_b[bTile_0.w];
  let bValues_0 = select(vec4<f32>(0.0f), vec4<f32>(v_31, v_32, v_33, v_34), v_23 & vec4<bool>(v_24));
  var sum_0 = vec4<f32>(0.0f);
  var sum_1 = vec4<f32>(0.0f);
  var aTile_1 = aTile_0;
  var bTile_1 = bTile_0;
  var aValues_1 = aValues_0;
  var bValues_1 = bValues_0;
  let n_0 = at0_3 + 1;
  let n_1 = at0_3 + 2;
  let n_2 = at0_3 + 3;
  let m_0 = at0_2 + 1;
  for (var k_0 = 0; k_0 < scalars.value_of_K; k_0 += 16) {
    let aTile_2 = aTile_1 + vec4<i32>(16);
    let bTile_2 = bTile_1 + vec4<i32>(v_19);
    let v_35 = k_0 + 16;
    let v_36 = scalars.value_of_K - v_35;
    let v_38 = v_15 & vec4<bool>(at0_4 < v_36);
    let v_40 = (depth_0 < vec4<i32>(v_36)) & vec4<bool>(v_17);
    let v_41 = v_35 < scalars.value_of_K;
    let v_43 = buffer_of_a[aTile_2.x];
    let v_44 = buffer_of_a[aTile_2.y];
    let v_45 = buffer_of_a[aTile_2.z];
    let v_46 = buffer_of_a[aTile_2.w];
    let aValues_2 = select(vec4<f32>(0.0f), vec4<f32>(v_43, v_44, v_45, v_46), v_38 & vec4<bool>(v_41));
    let v_48 = buffer_of_b[bTile_2.x];
    let v_49 = buffer_of_b[bTile_2.y];
    let v_50 = buffer_of_b[bTile_2.z];
    let v_51 = buffer_of_b[bTile_2.w];
    let bValues_2 = select(vec4<f32>(0.0f), vec4<f32>(v_48, v_49, v_50, v_51), v_40 & vec4<bool>(v_41));
    workgroupBarrier();
    shared_0[at0_0][at0_4] = aValues_1.x;
    shared_0[at0_0 + 8][at0_4] = aValues_1.y;
    shared_0[at0_0 + 16][at0_4] = aValues_1.z;
    shared_0[at0_0 + 24][at0_4] = aValues_1.w;
    shared_1[at0_5][at0_1] = bValues_1.x;
    shared_1[at0_5 + 4][at0_1] = bValues_1.y;
    shared_1[at0_5 + 8][at0_1] = bValues_1.z;
    shared_1[at0_5 + 12][at0_1] = bValues_1.w;
    workgroupBarrier();
    let a_0 = shared_0[at0_2][0];
    let b_0 = shared_1[0][at0_3];
    let b_1 = shared_1[0][n_0];
    let b_2 = shared_1[0][n_1];
    let b_3 = shared_1[0][n_2];
    sum_0 = (vec4<f32>(a_0) * vec4<f32>(b_0, b_1, b_2, b_3)) + sum_0;
    let a_1 = shared_0[m_0][0];
    sum_1 = (vec4<f32>(a_1) * vec4<f32>(b_0, b_1, b_2, b_3)) + sum_1;
    let a_2 = shared_0[at0_2][1];
    let b_4 = shared_1[1][at0_3];
    let b_5 = shared_1[1][n_0];
    let b_6 = shared_1[1][n_1];
    let b_7 = shared_1[1][n_2];
    sum_0 = (vec4<f32>(a_2) * vec4<f32>(b_4, b_5, b_6, b_7)) + sum_0;
    let a_3 = shared_0[m_0][1];
    sum_1 = (vec4<f32>(a_3) * vec4<f32>(b_4, b_5, b_6, b_7)) + sum_1;
    let a_4 = shared_0[at0_2][2];
    let b_8 = shared_1[2][at0_3];
    let b_9 = shared_1[2][n_0];
    let b_10 = shared_1[2][n_1];
    let b_11 = shared_1[2][n_2];
    sum_0 = (vec4<f32>(a_4) * vec4<f32>(b_8, b_9, b_10, b_11)) + sum_0;
    let a_5 = shared_0[m_0][2];
    sum_1 = (vec4<f32>(a_5) * vec4<f32>(b_8, b_9, b_10, b_11)) + sum_1;
    let a_6 = shared_0[at0_2][3];
    let b_12 = shared_1[3][at0_3];
    let b_13 = shared_1[3][n_0];
    let b_14 = shared_1[3][n_1];
    let b_15 = shared_1[3][n_2];
    sum_0 = (vec4<f32>(a_6) * vec4<f32>(b_12, b_13, b_14, b_15)) + sum_0;
    let a_7 = shared_0[m_0][3];
    sum_1 = (vec4<f32>(a_7) * vec4<f32>(b_12, b_13, b_14, b_15)) + sum_1;
    let a_8 = shared_0[at0_2][4];
    let b_16 = shared_1[4][at0_3];
    let b_17 = shared_1[4][n_0];
    let b_18 = shared_1[4][n_1];
    let b_19 = shared_1[4][n_2];
    sum_0 = (vec4<f32>(a_8) * vec4<f32>(b_16, b_17, b_18, b_19)) + sum_0;
    let a_9 = shared_0[m_0][4];
    sum_1 = (vec4<f32>(a_9) * vec4<f32>(b_16, b_17, b_18, b_19)) + sum_1;
    let a_10 = shared_0[at0_2][5];
    let b_20 = shared_1[5][at0_3];
    let b_21 = shared_1[5][n_0];
    let b_22 = shared_1[5][n_1];
    let b_23 = shared_1[5][n_2];
    sum_0 = (vec4<f32>(a_10) * vec4<f32>(b_20, b_21, b_22, b_23)) + sum_0;
    let a_11 = shared_0[m_0][5];
    sum_1 = (vec4<f32>(a_11) * vec4<f32>(b_20, b_21, b_22, b_23)) + sum_1;
    let a_12 = shared_0[at0_2][6];
    let b_24 = shared_1[6][at0_3];
    let b_25 = shared_1[6][n_0];
    let b_26 = shared_1[6][n_1];
    let b_27 = shared_1[6][n_2];
    sum_0 = (vec4<f32>(a_12) * vec4<f32>(b_24, b_25, b_26, b_27)) + sum_0;
    let a_13 = shared_0[m_0][6];
    sum_1 = (vec4<f32>(a_13) * vec4<f32>(b_24, b_25, b_26, b_27)) + sum_1;
    let a_14 = shared_0[at0_2][7];
    let b_28 = shared_1[7][at0_3];
    let b_29 = shared_1[7][n_0];
    let b_30 = shared_1[7][n_1];
    let b_31 = shared_1[7][n_2];
    sum_0 = (vec4<f32>(a_14) * vec4<f32>(b_28, b_29, b_30, b_31)) + sum_0;
    let a_15 = shared_0[m_0][7];
    sum_1 = (vec4<f32>(a_15) * vec4<f32>(b_28, b_29, b_30, b_31)) + sum_1;
    let a_16 = shared_0[at0_2][8];
    let b_32 = shared_1[8][at0_3];
    let b_33 = shared_1[8][n_0];
    let b_34 = shared_1[8][n_1];
    let b_35 = shared_1[8][n_2];
    sum_0 = (vec4<f32>(a_16) * vec4<f32>(b_32, b_33, b_34, b_35)) + sum_0;
    let a_17 = shared_0[m_0][8];
    sum_1 = (vec4<f32>(a_17) * vec4<f32>(b_32, b_33, b_34, b_35)) + sum_1;
    let a_18 = shared_0[at0_2][9];
    let b_36 = shared_1[9][at0_3];
    let b_37 = shared_1[9][n_0];
    let b_38 = shared_1[9][n_1];
    let b_39 = shared_1[9][n_2];
    sum_0 = (vec4<f32>(a_18) * vec4<f32>(b_36, b_37, b_38, b_39)) + sum_0;
    let a_19 = shared_0[m_0][9];
    sum_1 = (vec4<f32>(a_19) * vec4<f32>(b_36, b_37, b_38, b_39)) + sum_1;
    let a_20 = shared_0[at0_2][10];
    let b_40 = shared_1[10][at0_3];
    let b_41 = shared_1[10][n_0];
    let b_42 = shared_1[10][n_1];
    let b_43 = shared_1[10][n_2];
    sum_0 = (vec4<f32>(a_20) * vec4<f32>(b_40, b_41, b_42, b_43)) + sum_0;
    let a_21 = shared_0[m_0][10];
    sum_1 = (vec4<f32>(a_21) * vec4<f32>(b_40, b_41, b_42, b_43)) + sum_1;
    let a_22 = shared_0[at0_2][11];
    let b_44 = shared_1[11][at0_3];
    let b_45 = shared_1[11][n_0];
    let b_46 = shared_1[11][n_1];
    let b_47 = shared_1[11][n_2];
    sum_0 = (vec4<f32>(a_22) * vec4<f32>(b_44, b_45, b_46, b_47)) + sum_0;
    let a_23 = shared_0[m_0][11];
    sum_1 = (vec4<f32>(a_23) * vec4<f32>(b_44, b_45, b_46, b_47)) + sum_1;
    let a_24 = shared_0[at0_2][12];
    let b_48 = shared_1[12][at0_3];
    let b_49 = shared_1[12][n_0];
    let b_50 = shared_1[12][n_1];
    let b_51 = shared_1[12][n_2];
    sum_0 = (vec4<f32>(a_24) * vec4<f32>(b_48, b_49, b_50, b_51)) + sum_0;
    let a_25 = shared_0[m_0][12];
    sum_1 = (vec4<f32>(a_25) * vec4<f32>(b_48, b_49, b_50, b_51)) + sum_1;
    let a_26 = shared_0[at0_2][13];
    let b_52 = shared_1[13][at0_3];
    let b_53 = shared_1[13][n_0];
    let b_54 = shared_1[13][n_1];
    let b_55 = shared_1[13][n_2];
    sum_0 = (vec4<f32>(a_26) * vec4<f32>(b_52, b_53, b_54, b_55)) + sum_0;
    let a_27 = shared_0[m_0][13];
    sum_1 = (vec4<f32>(a_27) * vec4<f32>(b_52, b_53, b_54, b_55)) + sum_1;
    let a_28 = shared_0[at0_2][14];
    let b_56 = shared_1[14][at0_3];
    let b_57 = shared_1[14][n_0];
    let b_58 = shared_1[14][n_1];
    let b_59 = shared_1[14][n_2];
    sum_0 = (vec4<f32>(a_28) * vec4<f32>(b_56, b_57, b_58, b_59)) + sum_0;
    let a_29 = shared_0[m_0][14];
    sum_1 = (vec4<f32>(a_29) * vec4<f32>(b_56, b_57, b_58, b_59)) + sum_1;
    let a_30 = shared_0[at0_2][15];
    let b_60 = shared_1[15][at0_3];
    let b_61 = shared_1[15][n_0];
    let b_62 = shared_1[15][n_1];
    let b_63 = shared_1[15][n_2];
    sum_0 = (vec4<f32>(a_30) * vec4<f32>(b_60, b_61, b_62, b_63)) + sum_0;
    let a_31 = shared_0[m_0][15];
    sum_1 = (vec4<f32>(a_31) * vec4<f32>(b_60, b_61, b_62, b_63)) + sum_1;
    aTile_1 = aTile_2;
    bTile_1 = bTile_2;
    aValues_1 = aValues_2;
    bValues_1 = bValues_2;
  }
  let v_52 = (vec2<i32>(v_9) + vec2<i32>(0, 1)) * vec2<i32>(scalars.value_of_N);
  let v_55 = v_52.x + v_12;
  let v_56 = v_52.y + v_12;
  let v_59 = vec4<bool>(v_16.x) & v_18;
  let v_60 = vec4<bool>(v_16.y) & v_18;
  if (v_59.x) {
    buffer_of_out[v_55] = sum_0.x;
  }
  if (v_59.y) {
    buffer_of_out[v_55 + 1] = sum_0.y;
  }
  if (v_59.z) {
    buffer_of_out[v_55 + 2] = sum_0.z;
  }
  if (v_59.w) {
    buffer_of_out[v_55 + 3] = sum_0.w;
  }
  if (v_60.x) {
    buffer_of_out[v_56] = sum_1.x;
  }
  if (v_60.y) {
    buffer_of_out[v_56 + 1] = sum_1.y;
  }
  if (v_60.z) {
    buffer_of_out[v_56 + 2] = sum_1.z;
  }
  if (v_60.w) {
    buffer_of_out[v_56 + 3] = sum_1.w;
  }
}
