struct Scalars {
  value_of_span: i32,
  value_of_K: i32,
  value_of_fewRowStride: i32,
  value_of_rows: i32,
  value_of_columns: i32,
  value_of_manyRowStride: i32,
  value_of_sumRowStride: i32,
}

@group(0) @binding(0) var<storage, read> buffer_of_few: array<f32>;
@group(0) @binding(1) var<storage, read> buffer_of_many: array<vec4<f32>>;
@group(0) @binding(2) var<storage, read_write> buffer_of_sums: array<vec4<f32>>;
@group(0) @binding(3) var<uniform> scalars: Scalars;
var<workgroup> shared_0: array<array<vec4<f32>, 2>, 8>;

@compute @workgroup_size(128)
fn main(@builtin(workgroup_id) workgroup: vec3<u32>, @builtin(local_invocation_index) index: u32) {
  let program_x = i32(workgroup.x);
  let program_y = i32(workgroup.y);
  let invocation = i32(index);
  let v_1 = (program_x * 512) + (invocation * 4);
  let at0_1 = invocation & 7;
  let first_0 = program_y * scalars.value_of_span;
  let end_0 = min(first_0 + scalars.value_of_span, scalars.value_of_K);
  let v_3 = (vec4<i32>(0) + vec4<i32>(0, 1, 2, 3)) * vec4<i32>(scalars.value_of_fewRowStride);
  let v_4 = (vec4<i32>(0) + vec4<i32>(0, 1, 2, 3)) < vec4<i32>(scalars.value_of_rows);
  let v_5 = v_1 < scalars.value_of_columns;
  let v_7 = v_3 + vec4<i32>(first_0 + at0_1);
  let v_8 = end_0 - first_0;
  let v_10 = v_4 & vec4<bool>(at0_1 < v_8);
  let v_12 = (vec4<i32>(first_0) + vec4<i32>(0, 1, 2, 3)) * vec4<i32>(scalars.value_of_manyRowStride);
  let v_13 = (vec4<i32>(first_0 + 4) + vec4<i32>(0, 1, 2, 3)) * vec4<i32>(scalars.value_of_manyRowStride);
  let v_34 = first_0 < end_0;
  let v_36 = buffer_of_few[v_7.x];
  let v_37 = buffer_of_few[v_7.y];
  let v_38 = buffer_of_few[v_7.z];
  let v_39 = buffer_of_few[v_7.w];
  let factors_0 = select(vec4<f32>(0.0f), vec4<f32>(v_36, v_37, v_38, v_39), v_10 & vec4<bool>(v_34));
  let v_40 = ((0 < v_8) & v_5) & v_34;
  let v_41 = ((4 < v_8) & v_5) & v_34;
  let v_42 = buffer_of_many[(v_12.x + v_1) >> 2u];
  let v_43 = buffer_of_many[(v_12.y + v_1) >> 2u];
  let v_44 = buffer_of_many[(v_12.z + v_1) >> 2u];
  let v_45 = buffer_of_many[(v_12.w + v_1) >> 2u];
  let v_46 = buffer_of_many[(v_13.x + v_1) >> 2u];
  let v_47 = buffer_of_many[(v_13.y + v_1) >> 2u];
  let v_48 = buffer_of_many[(v_13.z + v_1) >> 2u];
  let v_49 = buffer_of_many[(v_13.w + v_1) >> 2u];
  var sum_0 = vec4<f32>(0.0f);
  var sum_1 = vec4<f32>(0.0f);
  var sum_2 = vec4<f32>(0.0f);
  var sum_3 = vec4<f32>(0.0f);
  var factors_1 = factors_0;
  var values_8 = select(vec4<f32>(0.0f), v_42, vec4<bool>(v_40));
  var values_9 = select(vec4<f32>(0.0f), v_43, vec4<bool>(v_40));
  var values_10 = select(vec4<f32>(0.0f), v_44, vec4<bool>(v_40));
  var values_11 = select(vec4<f32>(0.0f), v_45, vec4<bool>(v_40));
  var values_12 = select(vec4<f32>(0.0f), v_46, vec4<bool>(v_41));
  var values_13 = select(vec4<f32>(0.0f), v_47, vec4<bool>(v_41));
  var values_14 = select(vec4<f32>(0.0f), v_48, vec4<bool>(v_41));
  var values_15 = select(vec4<f32>(0.0f), v_49, vec4<bool>(v_41));
  for (var k_0 = first_0; k_0 < end_0; k_0 += 8) {
    let v_50 = k_0 + 8;
    let v_51 = (k_0 + at0_1) + 8;
    let v_52 = v_3 + vec4<i32>(v_51);
    let v_53 = end_0 - v_50;
    let v_55 = v_4 & vec4<bool>(at0_1 < v_53);
    let v_56 = k_0 + 12;
    let v_57 = (vec4<i32>(v_50) + vec4<i32>(0, 1, 2, 3)) * vec4<i32>(scalars.value_of_manyRowStride);
    let v_58 = (vec4<i32>(v_56) + vec4<i32>(0, 1, 2, 3)) * vec4<i32>(scalars.value_of_manyRowStride);
    let v_79 = v_50 < end_0;
    let v_81 = buffer_of_few[v_52.x];
    let v_82 = buffer_of_few[v_52.y];
    let v_83 = buffer_of_few[v_52.z];
    let v_84 = buffer_of_few[v_52.w];
    let v_85 = ((0 < v_53) & v_5) & v_79;
    let v_86 = ((4 < v_53) & v_5) & v_79;
    let v_87 = buffer_of_many[(v_57.x + v_1) >> 2u];
    let v_88 = buffer_of_many[(v_57.y + v_1) >> 2u];
    let v_89 = buffer_of_many[(v_57.z + v_1) >> 2u];
    let v_90 = buffer_of_many[(v_57.w + v_1) >> 2u];
    let v_91 = buffer_of_many[(v_58.x + v_1) >> 2u];
    let v_92 = buffer_of_many[(v_58.y + v_1) >> 2u];
    let v_93 = buffer_of_many[(v_58.z + v_1) >> 2u];
    let v_94 = buffer_of_many[(v_58.w + v_1) >> 2u];
    workgroupBarrier();
    if ((invocation & 120) == 0) {
      shared_0[at0_1][0] = factors_1;
    }
    workgroupBarrier();
    let a_0 = shared_0[0][0];
    sum_0 = (vec4<f32>(a_0.x) * values_8) + sum_0;
    sum_1 = (vec4<f32>(a_0.y) * values_8) + sum_1;
    sum_2 = (vec4<f32>(a_0.z) * values_8) + sum_2;
    sum_3 = (vec4<f32>(a_0.w) * values_8) + sum_3;
    let a_1 = shared_0[1][0];
    sum_0 = (vec4<f32>(a_1.x) * values_9) + sum_0;
    sum_1 = (vec4<f32>(a_1.y) * values_9) + sum_1;
    sum_2 = (vec4<f32>(a_1.z) * values_9) + sum_2;
    sum_3 = (vec4<f32>(a_1.w) * values_9) + sum_3;
    let a_2 = shared_0[2][0];
    sum_0 = (vec4<f32>(a_2.x) * values_10) + sum_0;
    sum_1 = (vec4<f32>(a_2.y) * values_10) + sum_1;
    sum_2 = (vec4<f32>(a_2.z) * values_10) + sum_2;
    sum_3 = (vec4<f32>(a_2.w) * values_10) + sum_3;
    let a_3 = shared_0[3][0];
    sum_0 = (vec4<f32>(a_3.x) * values_11) + sum_0;
    sum_1 = (vec4<f32>(a_3.y) * values_11) + sum_1;
    sum_2 = (vec4<f32>(a_3.z) * values_11) + sum_2;
    sum_3 = (vec4<f32>(a_3.w) * values_11) + sum_3;
    let a_4 = shared_0[4][0];
    sum_0 = (vec4<f32>(a_4.x) * values_12) + sum_0;
    sum_1 = (vec4<f32>(a_4.y) * values_12) + sum_1;
    sum_2 = (vec4<f32>(a_4.z) * values_12) + sum_2;
    sum_3 = (vec4<f32>(a_4.w) * values_12) + sum_3;
    let a_5 = shared_0[5][0];
    sum_0 = (vec4<f32>(a_5.x) * values_13) + sum_0;
    sum_1 = (vec4<f32>(a_5.y) * values_13) + sum_1;
    sum_2 = (vec4<f32>(a_5.z) * values_13) + sum_2;
    sum_3 = (vec4<f32>(a_5.w) * values_13) + sum_3;
    let a_6 = shared_0[6][0];
    sum_0 = (vec4<f32>(a_6.x) * values_14) + sum_0;
    sum_1 = (vec4<f32>(a_6.y) * values_14) + sum_1;
    sum_2 = (vec4<f32>(a_6.z) * values_14) + sum_2;
    sum_3 = (vec4<f32>(a_6.w) * values_14) + sum_3;
    let a_7 = shared_0[7][0];
    sum_0 = (vec4<f32>(a_7.x) * values_15) + sum_0;
    sum_1 = (vec4<f32>(a_7.y) * values_15) + sum_1;
    sum_2 = (vec4<f32>(a_7.z) * values_15) + sum_2;
    sum_3 = (vec4<f32>(a_7.w) * values_15) + sum_3;
    factors_1 = select(vec4<f32>(0.0f), vec4<f32>(v_81, v_82, v_83, v_84), v_55 & vec4<bool>(v_79));
    values_8 = select(vec4<f32>(0.0f), v_87, vec4<bool>(v_85));
    values_9 = select(vec4<f32>(0.0f), v_88, vec4<bool>(v_85));
    values_10 = select(vec4<f32>(0.0f), v_89, vec4<bool>(v_85));
    values_11 = select(vec4<f32>(0.0f), v_90, vec4<bool>(v_85));
    values_12 = select(vec4<f32>(0.0f), v_91, vec4<bool>(v_86));
    values_13 = select(vec4<f32>(0.0f), v_92, vec4<bool>(v_86));
    values_14 = select(vec4<f32>(0.0f), v_93, vec4<bool>(v_86));
    values_15 = select(vec4<f32>(0.0f), v_94, vec4<bool>(v_86));
  }
  let v_98 = vec4<i32>(program_y * (scalars.value_of_rows * scalars.value_of_columns)) + ((vec4<i32>(0) + vec4<i32>(0, 1, 2, 3)) * vec4<i32>(scalars.value_of_sumRowStride));
  if (v_4.x & v_5) {
    buffer_of_sums[(v_98.x + v_1) >> 2u] = sum_0;
  }
  if (v_4.y & v_5) {
    buffer_of_sums[(v_98.y + v_1) >> 2u] = sum_1;
  }
  if (v_4.z & v_5) {
    buffer_of_sums[(v_98.z + v_1) >> 2u] = sum_2;
  }
  if (v_4.w & v_5) {
    buffer_of_sums[(v_98.w + v_1) >> 2u] = sum_3;
  }
}
