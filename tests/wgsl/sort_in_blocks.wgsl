@group(0) @binding(0) var<storage, read> buffer_of_x: array<vec4<f32>>;
@group(0) @binding(1) var<storage, read_write> buffer_of_out: array<vec4<f32>>;
@group(0) @binding(2) var<storage, read_write> scratch: array<vec4<u32>>;
var<workgroup> shared_0: array<f32, 1024>;
var<workgroup> shared_1: array<vec4<f32>, 256>;

@compute @workgroup_size(128)
fn main(@builtin(workgroup_id) workgroup: vec3<u32>, @builtin(local_invocation_index) index: u32, @builtin(num_workgroups) workgroups: vec3<u32>) {
  let invocation = i32(index);
  let own_slot = ((workgroup.z * workgroups.y + workgroup.y) * workgroups.x + workgroup.x) * 24576u + index;
  let at0_0 = invocation * 4;
  let v_0 = at0_0 + 512;
  for (var i_0 = 0; i_0 < 16; i_0 += 1) {
    let v_1 = i_0 * 1024;
    let v_2 = buffer_of_x[(at0_0 + v_1) >> 2u];
    let v_3 = buffer_of_x[((at0_0 + v_1) + 512) >> 2u];
    let v_4 = at0_0 + 1;
    let v_5 = at0_0 + 2;
    let v_6 = at0_0 + 3;
    let v_7 = at0_0 + 513;
    let v_8 = at0_0 + 514;
    let v_9 = at0_0 + 515;
    workgroupBarrier();
    shared_0[at0_0] = v_2.x;
    shared_0[v_4] = v_2.y;
    shared_0[v_5] = v_2.z;
    shared_0[v_6] = v_2.w;
    shared_0[v_0] = v_3.x;
    shared_0[v_7] = v_3.y;
    shared_0[v_8] = v_3.z;
    shared_0[v_9] = v_3.w;
    for (var stage_0 = 1; stage_0 < 11; stage_0 += 1) {
      for (var bit_0 = stage_0 - 1; bit_0 > -1; bit_0 += -1) {
        workgroupBarrier();
        let v_10 = 1 << (u32(bit_0) & 31u);
        let v_11 = invocation & (v_10 - 1);
        let low_0 = ((invocation - v_11) << 1u) + v_11;
        let high_0 = low_0 + v_10;
        let v_12 = shared_0[low_0];
        let v_13 = shared_0[high_0];
        if (select((v_12 > v_13), (v_12 < v_13), (!((((low_0 & 1023) >> (u32(stage_0) & 31u)) & 1) == 0)))) {
          shared_0[low_0] = v_13;
          shared_0[high_0] = v_12;
        }
        let v_14 = invocation + 128;
        let v_15 = v_14 & (v_10 - 1);
        let low_1 = ((v_14 - v_15) << 1u) + v_15;
        let high_1 = low_1 + v_10;
        let v_16 = shared_0[low_1];
        let v_17 = shared_0[high_1];
        if (select((v_16 > v_17), (v_16 < v_17), (!((((low_1 & 1023) >> (u32(stage_0) & 31u)) & 1) == 0)))) {
          shared_0[low_1] = v_17;
          shared_0[high_1] = v_16;
        }
        let v_18 = invocation + 256;
        let v_19 = v_18 & (v_10 - 1);
        let low_2 = ((v_18 - v_19) << 1u) + v_19;
        let high_2 = low_2 + v_10;
        let v_20 = shared_0[low_2];
        let v_21 = shared_0[high_2];
        if (select((v_20 > v_21), (v_20 < v_21), (!((((low_2 & 1023) >> (u32(stage_0) & 31u)) & 1) == 0)))) {
          shared_0[low_2] = v_21;
          shared_0[high_2] = v_20;
        }
        let v_22 = invocation + 384;
        let v_23 = v_22 & (v_10 - 1);
        let low_3 = ((v_22 - v_23) << 1u) + v_23;
        let high_3 = low_3 + v_10;
        let v_24 = shared_0[low_3];
        let v_25 = shared_0[high_3];
        if (select((v_24 > v_25), (v_24 < v_25), (!((((low_3 & 1023) >> (u32(stage_0) & 31u)) & 1) == 0)))) {
          shared_0[low_3] = v_25;
          shared_0[high_3] = v_24;
        }
      }
    }
    workgroupBarrier();
    let v_26 = shared_0[at0_0];
    let v_27 = shared_0[v_4];
    let v_28 = shared_0[v_5];
    let v_29 = shared_0[v_6];
    let v_30 = shared_0[v_0];
    let v_31 = shared_0[v_7];
    let v_32 = shared_0[v_8];
    let v_33 = shared_0[v_9];
    let first_0 = i_0 * 2;
    scratch[own_slot + u32(first_0) * 128u] = bitcast<vec4<u32>>(vec4<f32>(v_26, v_27, v_28, v_29));
    scratch[own_slot + u32(first_0 + 1) * 128u] = bitcast<vec4<u32>>(vec4<f32>(v_30, v_31, v_32, v_33));
  }
  let v_36 = 1023 - at0_0;
  let v_37 = 1023 - v_0;
  for (var slot = 0; slot < 32; slot += 8) {
    scratch[own_slot + u32(slot + 32) * 128u] = scratch[own_slot + u32(slot) * 128u];
    scratch[own_slot + u32(slot + 1 + 32) * 128u] = scratch[own_slot + u32(slot + 1) * 128u];
    scratch[own_slot + u32(slot + 2 + 32) * 128u] = scratch[own_slot + u32(slot + 2) * 128u];
    scratch[own_slot + u32(slot + 3 + 32) * 128u] = scratch[own_slot + u32(slot + 3) * 128u];
    scratch[own_slot + u32(slot + 4 + 32) * 128u] = scratch[own_slot + u32(slot + 4) * 128u];
    scratch[own_slot + u32(slot + 5 + 32) * 128u] = scratch[own_slot + u32(slot + 5) * 128u];
    scratch[own_slot + u32(slot + 6 + 32) * 128u] = scratch[own_slot + u32(slot + 6) * 128u];
    scratch[own_slot + u32(slot + 7 + 32) * 128u] = scratch[own_slot + u32(slot + 7) * 128u];
  }
  let other_0 = invocation ^ 64;
  let upper_0 = !((invocation & 64) == 0);
  let other_1 = invocation ^ 32;
  let upper_1 = !((invocation & 32) == 0);
  let upper_2 = !((invocation & 16) == 0);
  let upper_3 = !((invocation & 8) == 0);
  let upper_4 = !((invocation & 4) == 0);
  let upper_5 = !((invocation & 2) == 0);
  let upper_6 = !((invocation & 1) == 0);
  for (var i_3 = 0; i_3 < 4; i_3 += 1) {
    let v_38 = 1 << (u32(i_3) & 31u);
    let v_40 = (v_38 * 2) + -1;
    for (var i_4 = 0; i_4 < 16; i_4 += 1) {
      let first_1 = i_4 * 2;
      let v_41 = bitcast<vec4<f32>>(scratch[own_slot + u32(first_1 + 32) * 128u]);
      let v_42 = bitcast<vec4<f32>>(scratch[own_slot + u32(first_1 + 1 + 32) * 128u]);
      let v_43 = i_4 ^ v_40;
      let first_2 = v_43 * 2;
      let v_44 = bitcast<vec4<f32>>(scratch[own_slot + u32(first_2 + 32) * 128u]);
      let v_45 = bitcast<vec4<f32>>(scratch[own_slot + u32(first_2 + 1 + 32) * 128u]);
      workgroupBarrier();
      shared_0[at0_0] = v_44.x;
      shared_0[at0_0 + 1] = v_44.y;
      shared_0[at0_0 + 2] = v_44.z;
      shared_0[at0_0 + 3] = v_44.w;
      shared_0[v_0] = v_45.x;
      shared_0[at0_0 + 513] = v_45.y;
      shared_0[at0_0 + 514] = v_45.z;
      shared_0[at0_0 + 515] = v_45.w;
      workgroupBarrier();
      let v_58 = shared_0[v_36];
      let v_59 = shared_0[v_36 + -1];
      let v_60 = shared_0[v_36 + -2];
      let v_61 = shared_0[v_36 + -3];
      let v_62 = shared_0[v_37];
      let v_63 = shared_0[v_37 + -1];
      let v_64 = shared_0[v_37 + -2];
      let v_65 = shared_0[v_37 + -3];
      let v_66 = vec4<f32>(v_58, v_59, v_60, v_61);
      let v_67 = vec4<f32>(v_62, v_63, v_64, v_65);
      let v_68 = i_4 & v_38;
      let v_69 = !(v_68 == 0);
      let v_76 = select(v_41, v_66, select((v_66 < v_41), (v_66 > v_41), vec4<bool>(v_69)));
      let v_77 = select(v_42, v_67, select((v_67 < v_42), (v_67 > v_42), vec4<bool>(v_69)));
      scratch[own_slot + u32(first_1 + 64) * 128u] = bitcast<vec4<u32>>(v_76);
      scratch[own_slot + u32(first_1 + 1 + 64) * 128u] = bitcast<vec4<u32>>(v_77);
    }
    for (var slot = 0; slot < 32; slot += 8) {
      scratch[own_slot + u32(slot + 96) * 128u] = scratch[own_slot + u32(slot + 64) * 128u];
      scratch[own_slot + u32(slot + 1 + 96) * 128u] = scratch[own_slot + u32(slot + 1 + 64) * 128u];
      scratch[own_slot + u32(slot + 2 + 96) * 128u] = scratch[own_slot + u32(slot + 2 + 64) * 128u];
      scratch[own_slot + u32(slot + 3 + 96) * 128u] = scratch[own_slot + u32(slot + 3 + 64) * 128u];
      scratch[own_slot + u32(slot + 4 + 96) * 128u] = scratch[own_slot + u32(slot + 4 + 64) * 128u];
      scratch[own_slot + u32(slot + 5 + 96) * 128u] = scratch[own_slot + u32(slot + 5 + 64) * 128u];
      scratch[own_slot + u32(slot + 6 + 96) * 128u] = scratch[own_slot + u32(slot + 6 + 64) * 128u];
      scratch[own_slot + u32(slot + 7 + 96) * 128u] = scratch[own_slot + u32(slot + 7 + 64) * 128u];
    }
    for (var i_5 = 0; i_5 < i_3; i_5 += 1) {
      let v_78 = i_3 - i_5;
      let v_80 = 1 << (u32((v_78 + -1)) & 31u);
      for (var i_6 = 0; i_6 < 16; i_6 += 1) {
        let first_3 = i_6 * 2;
        let v_81 = bitcast<vec4<f32>>(scratch[own_slot + u32(first_3 + 96) * 128u]);
        let v_82 = bitcast<vec4<f32>>(scratch[own_slot + u32(first_3 + 1 + 96) * 128u]);
        let v_83 = i_6 ^ v_80;
        let first_4 = v_83 * 2;
        let v_84 = bitcast<vec4<f32>>(scratch[own_slot + u32(first_4 + 96) * 128u]);
        let v_85 = bitcast<vec4<f32>>(scratch[own_slot + u32(first_4 + 1 + 96) * 128u]);
        let v_86 = i_6 & v_80;
        let v_87 = !(v_86 == 0);
        let v_94 = select(v_81, v_84, select((v_84 < v_81), (v_84 > v_81), vec4<bool>(v_87)));
        let v_95 = select(v_82, v_85, select((v_85 < v_82), (v_85 > v_82), vec4<bool>(v_87)));
        scratch[own_slot + u32(first_3 + 128) * 128u] = bitcast<vec4<u32>>(v_94);
        scratch[own_slot + u32(first_3 + 1 + 128) * 128u] = bitcast<vec4<u32>>(v_95);
      }
      for (var slot = 0; slot < 32; slot += 8) {
        scratch[own_slot + u32(slot + 96) * 128u] = scratch[own_slot + u32(slot + 128) * 128u];
        scratch[own_slot + u32(slot + 1 + 96) * 128u] = scratch[own_slot + u32(slot + 1 + 128) * 128u];
        scratch[own_slot + u32(slot + 2 + 96) * 128u] = scratch[own_slot + u32(slot + 2 + 128) * 128u];
        scratch[own_slot + u32(slot + 3 + 96) * 128u] = scratch[own_slot + u32(slot + 3 + 128) * 128u];
        scratch[own_slot + u32(slot + 4 + 96) * 128u] = scratch[own_slot + u32(slot + 4 + 128) * 128u];
        scratch[own_slot + u32(slot + 5 + 96) * 128u] = scratch[own_slot + u32(slot + 5 + 128) * 128u];
        scratch[own_slot + u32(slot + 6 + 96) * 128u] = scratch[own_slot + u32(slot + 6 + 128) * 128u];
        scratch[own_slot + u32(slot + 7 + 96) * 128u] = scratch[own_slot + u32(slot + 7 + 128) * 128u];
      }
    }
    for (var i_7 = 0; i_7 < 16; i_7 += 1) {
      let first_5 = i_7 * 2;
      let v_96 = bitcast<vec4<f32>>(scratch[own_slot + u32(first_5 + 96) * 128u]);
      let v_97 = bitcast<vec4<f32>>(scratch[own_slot + u32(first_5 + 1 + 96) * 128u]);
      let v_98 = select(v_96, v_97, v_97 < v_96);
      let v_99 = select(v_97, v_96, v_96 > v_97);
      workgroupBarrier();
      shared_1[invocation] = v_98;
      shared_1[invocation + 128] = v_99;
      workgroupBarrier();
      let v_100 = shared_1[other_0];
      let v_101 = shared_1[other_0 + 128];
      let v_102 = select(v_98, v_100, select((v_100 < v_98), (v_100 > v_98), vec4<bool>(upper_0)));
      let v_103 = select(v_99, v_101, select((v_101 < v_99), (v_101 > v_99), vec4<bool>(upper_0)));
      workgroupBarrier();
      shared_1[invocation] = v_102;
      shared_1[invocation + 128] = v_103;
      workgroupBarrier();
      let v_104 = shared_1[other_1];
      let v_105 = shared_1[other_1 + 128];
      let v_106 = select(v_102, v_104, select((v_104 < v_102), (v_104 > v_102), vec4<bool>(upper_1)));
      let v_107 = select(v_103, v_105, select((v_105 < v_103), (v_105 > v_103), vec4<bool>(upper_1)));
      let v_108 = subgroupShuffleXor(v_106, 16u);
      let v_109 = subgroupShuffleXor(v_107, 16u);
      let v_110 = select(v_106, v_108, select((v_108 < v_106), (v_108 > v_106), vec4<bool>(upper_2)));
      let v_111 = select(v_107, v_109, select((v_109 < v_107), (v_109 > v_107), vec4<bool>(upper_2)));
      let v_112 = subgroupShuffleXor(v_110, 8u);
      let v_113 = subgroupShuffleXor(v_111, 8u);
      let v_114 = select(v_110, v_112, select((v_112 < v_110), (v_112 > v_110), vec4<bool>(upper_3)));
      let v_115 = select(v_111, v_113, select((v_113 < v_111), (v_113 > v_111), vec4<bool>(upper_3)));
      let v_116 = subgroupShuffleXor(v_114, 4u);
      let v_117 = subgroupShuffleXor(v_115, 4u);
      let v_118 = select(v_114, v_116, select((v_116 < v_114), (v_116 > v_114), vec4<bool>(upper_4)));
      let v_119 = select(v_115, v_117, select((v_117 < v_115), (v_117 > v_115), vec4<bool>(upper_4)));
      let v_120 = subgroupShuffleXor(v_118, 2u);
      let v_121 = subgroupShuffleXor(v_119, 2u);
      let v_122 = select(v_118, v_120, select((v_120 < v_118), (v_120 > v_118), vec4<bool>(upper_5)));
      let v_123 = select(v_119, v_121, select((v_121 < v_119), (v_121 > v_119), vec4<bool>(upper_5)));
      let v_124 = subgroupShuffleXor(v_122, 1u);
      let v_125 = subgroupShuffleXor(v_123, 1u);
      let v_126 = select(v_122, v_124, select((v_124 < v_122), (v_124 > v_122), vec4<bool>(upper_6)));
      let v_127 = select(v_123, v_125, select((v_125 < v_123), (v_125 > v_123), vec4<bool>(upper_6)));
      let v_128 = select(v_126, vec4<f32>(v_126.z, v_126.w, v_126.x, v_126.y), select((vec4<f32>(v_126.z, v_126.w, v_126.x, v_126.y) < v_126), (vec4<f32>(v_126.z, v_126.w, v_126.x, v_126.y) > v_126), vec4<bool>(false, false, true, true)));
      let v_129 = select(v_127, vec4<f32>(v_127.z, v_127.w, v_127.x, v_127.y), select((vec4<f32>(v_127.z, v_127.w, v_127.x, v_127.y) < v_127), (vec4<f32>(v_127.z, v_127.w, v_127.x, v_127.y) > v_127), vec4<bool>(false, false, true, true)));
      let v_130 = select(v_128, vec4<f32>(v_128.y, v_128.x, v_128.w, v_128.z), select((vec4<f32>(v_128.y, v_128.x, v_128.w, v_128.z) < v_128), (vec4<f32>(v_128.y, v_128.x, v_128.w, v_128.z) > v_128), vec4<bool>(false, true, false, true)));
      let v_131 = select(v_129, vec4<f32>(v_129.y, v_129.x, v_129.w, v_129.z), select((vec4<f32>(v_129.y, v_129.x, v_129.w, v_129.z) < v_129), (vec4<f32>(v_129.y, v_129.x, v_129.w, v_129.z) > v_129), vec4<bool>(false, true, false, true)));
      scratch[own_slot + u32(first_5 + 160) * 128u] = bitcast<vec4<u32>>(v_130);
      scratch[own_slot + u32(first_5 + 1 + 160) * 128u] = bitcast<vec4<u32>>(v_131);
    }
    for (var slot = 0; slot < 32; slot += 8) {
      scratch[own_slot + u32(slot + 32) * 128u] = scratch[own_slot + u32(slot + 160) * 128u];
      scratch[own_slot + u32(slot + 1 + 32) * 128u] = scratch[own_slot + u32(slot + 1 + 160) * 128u];
      scratch[own_slot + u32(slot + 2 + 32) * 128u] = scratch[own_slot + u32(slot + 2 + 160) * 128u];
      scratch[own_slot + u32(slot + 3 + 32) * 128u] = scratch[own_slot + u32(slot + 3 + 160) * 128u];
      scratch[own_slot + u32(slot + 4 + 32) * 128u] = scratch[own_slot + u32(slot + 4 + 160) * 128u];
      scratch[own_slot + u32(slot + 5 + 32) * 128u] = scratch[own_slot + u32(slot + 5 + 160) * 128u];
      scratch[own_slot + u32(slot + 6 + 32) * 128u] = scratch[own_slot + u32(slot + 6 + 160) * 128u];
      scratch[own_slot + u32(slot + 7 + 32) * 128u] = scratch[own_slot + u32(slot + 7 + 160) * 128u];
    }
  }
  for (var i_8 = 0; i_8 < 16; i_8 += 1) {
    let v_132 = i_8 * 1024;
    let first_6 = ((v_132 >> 10u) & 15) * 2;
    let v_135 = bitcast<vec4<f32>>(scratch[own_slot + u32(first_6 + 32) * 128u]);
    let v_136 = bitcast<vec4<f32>>(scratch[own_slot + u32(first_6 + 1 + 32) * 128u]);
    buffer_of_out[(at0_0 + v_132) >> 2u] = v_135;
    buffer_of_out[((at0_0 + v_132) + 512) >> 2u] = v_136;
  }
}
