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
  for (var i_0 = 0; i_0 < 16; i_0 += 1) {
    let v_0 = i_0 * 1024;
    let i_1 = at0_0 + v_0;
    let v_1 = buffer_of_x[i_1 >> 2u];
    let v_2 = buffer_of_x[(i_1 >> 2u) + 128];
    workgroupBarrier();
    shared_0[at0_0] = v_1.x;
    shared_0[at0_0 + 1] = v_1.y;
    shared_0[at0_0 + 2] = v_1.z;
    shared_0[at0_0 + 3] = v_1.w;
    shared_0[at0_0 + 512] = v_2.x;
    shared_0[at0_0 + 513] = v_2.y;
    shared_0[at0_0 + 514] = v_2.z;
    shared_0[at0_0 + 515] = v_2.w;
    for (var stage_0 = 1; stage_0 < 11; stage_0 += 1) {
      for (var bit_0 = stage_0 - 1; bit_0 > -1; bit_0 += -1) {
        workgroupBarrier();
        let v_3 = 1 << (u32(bit_0) & 31u);
        let v_4 = invocation & (v_3 - 1);
        let low_0 = ((invocation - v_4) << 1u) + v_4;
        let high_0 = low_0 + v_3;
        let v_5 = shared_0[low_0];
        let v_6 = shared_0[high_0];
        if (select((v_5 > v_6), (v_5 < v_6), (!((((low_0 & 1023) >> (u32(stage_0) & 31u)) & 1) == 0)))) {
          shared_0[low_0] = v_6;
          shared_0[high_0] = v_5;
        }
        let v_7 = (invocation + 128) & (v_3 - 1);
        let low_1 = (((invocation + 128) - v_7) << 1u) + v_7;
        let high_1 = low_1 + v_3;
        let v_8 = shared_0[low_1];
        let v_9 = shared_0[high_1];
        if (select((v_8 > v_9), (v_8 < v_9), (!((((low_1 & 1023) >> (u32(stage_0) & 31u)) & 1) == 0)))) {
          shared_0[low_1] = v_9;
          shared_0[high_1] = v_8;
        }
        let v_10 = (invocation + 256) & (v_3 - 1);
        let low_2 = (((invocation + 256) - v_10) << 1u) + v_10;
        let high_2 = low_2 + v_3;
        let v_11 = shared_0[low_2];
        let v_12 = shared_0[high_2];
        if (select((v_11 > v_12), (v_11 < v_12), (!((((low_2 & 1023) >> (u32(stage_0) & 31u)) & 1) == 0)))) {
          shared_0[low_2] = v_12;
          shared_0[high_2] = v_11;
        }
        let v_13 = (invocation + 384) & (v_3 - 1);
        let low_3 = (((invocation + 384) - v_13) << 1u) + v_13;
        let high_3 = low_3 + v_3;
        let v_14 = shared_0[low_3];
        let v_15 = shared_0[high_3];
        if (select((v_14 > v_15), (v_14 < v_15), (!((((low_3 & 1023) >> (u32(stage_0) & 31u)) & 1) == 0)))) {
          shared_0[low_3] = v_15;
          shared_0[high_3] = v_14;
        }
      }
    }
    workgroupBarrier();
    let v_16 = shared_0[at0_0];
    let v_17 = shared_0[at0_0 + 1];
    let v_18 = shared_0[at0_0 + 2];
    let v_19 = shared_0[at0_0 + 3];
    let v_20 = shared_0[at0_0 + 512];
    let v_21 = shared_0[at0_0 + 513];
    let v_22 = shared_0[at0_0 + 514];
    let v_23 = shared_0[at0_0 + 515];
    let first_0 = i_0 * 2;
    scratch[own_slot + u32(first_0) * 128u] = bitcast<vec4<u32>>(vec4<f32>(v_16, v_17, v_18, v_19));
    scratch[own_slot + u32(first_0 + 1) * 128u] = bitcast<vec4<u32>>(vec4<f32>(v_20, v_21, v_22, v_23));
  }
  let v_26 = 1023 - at0_0;
  let v_27 = 1023 - (at0_0 + 512);
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
  for (var i_2 = 0; i_2 < 4; i_2 += 1) {
    let v_28 = 1 << (u32(i_2) & 31u);
    let v_29 = v_28 * 2;
    for (var i_3 = 0; i_3 < 16; i_3 += 1) {
      let first_1 = i_3 * 2;
      let v_30 = bitcast<vec4<f32>>(scratch[own_slot + u32(first_1 + 32) * 128u]);
      let v_31 = bitcast<vec4<f32>>(scratch[own_slot + u32(first_1 + 1 + 32) * 128u]);
      let v_32 = i_3 ^ (v_29 + -1);
      let first_2 = v_32 * 2;
      let v_33 = bitcast<vec4<f32>>(scratch[own_slot + u32(first_2 + 32) * 128u]);
      let v_34 = bitcast<vec4<f32>>(scratch[own_slot + u32(first_2 + 1 + 32) * 128u]);
      workgroupBarrier();
      shared_0[at0_0] = v_33.x;
      shared_0[at0_0 + 1] = v_33.y;
      shared_0[at0_0 + 2] = v_33.z;
      shared_0[at0_0 + 3] = v_33.w;
      shared_0[at0_0 + 512] = v_34.x;
      shared_0[at0_0 + 513] = v_34.y;
      shared_0[at0_0 + 514] = v_34.z;
      shared_0[at0_0 + 515] = v_34.w;
      workgroupBarrier();
      let v_35 = shared_0[v_26];
      let v_36 = shared_0[v_26 + -1];
      let v_37 = shared_0[v_26 + -2];
      let v_38 = shared_0[v_26 + -3];
      let v_39 = shared_0[v_27];
      let v_40 = shared_0[v_27 + -1];
      let v_41 = shared_0[v_27 + -2];
      let v_42 = shared_0[v_27 + -3];
      let v_43 = vec4<f32>(v_35, v_36, v_37, v_38);
      let v_44 = vec4<f32>(v_39, v_40, v_41, v_42);
      let v_45 = i_3 & v_28;
      let v_46 = !(v_45 == 0);
      let v_53 = select(v_30, v_43, select((v_43 < v_30), (v_43 > v_30), vec4<bool>(v_46)));
      let v_54 = select(v_31, v_44, select((v_44 < v_31), (v_44 > v_31), vec4<bool>(v_46)));
      scratch[own_slot + u32(first_1 + 64) * 128u] = bitcast<vec4<u32>>(v_53);
      scratch[own_slot + u32(first_1 + 1 + 64) * 128u] = bitcast<vec4<u32>>(v_54);
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
    for (var i_4 = 0; i_4 < i_2; i_4 += 1) {
      let v_55 = i_2 - i_4;
      let v_56 = 1 << (u32((v_55 + -1)) & 31u);
      for (var i_5 = 0; i_5 < 16; i_5 += 1) {
        let first_3 = i_5 * 2;
        let v_57 = bitcast<vec4<f32>>(scratch[own_slot + u32(first_3 + 96) * 128u]);
        let v_58 = bitcast<vec4<f32>>(scratch[own_slot + u32(first_3 + 1 + 96) * 128u]);
        let v_59 = i_5 ^ v_56;
        let first_4 = v_59 * 2;
        let v_60 = bitcast<vec4<f32>>(scratch[own_slot + u32(first_4 + 96) * 128u]);
        let v_61 = bitcast<vec4<f32>>(scratch[own_slot + u32(first_4 + 1 + 96) * 128u]);
        let v_62 = i_5 & v_56;
        let v_63 = !(v_62 == 0);
        let v_70 = select(v_57, v_60, select((v_60 < v_57), (v_60 > v_57), vec4<bool>(v_63)));
        let v_71 = select(v_58, v_61, select((v_61 < v_58), (v_61 > v_58), vec4<bool>(v_63)));
        scratch[own_slot + u32(first_3 + 128) * 128u] = bitcast<vec4<u32>>(v_70);
        scratch[own_slot + u32(first_3 + 1 + 128) * 128u] = bitcast<vec4<u32>>(v_71);
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
    for (var i_6 = 0; i_6 < 16; i_6 += 1) {
      let first_5 = i_6 * 2;
      let v_72 = bitcast<vec4<f32>>(scratch[own_slot + u32(first_5 + 96) * 128u]);
      let v_73 = bitcast<vec4<f32>>(scratch[own_slot + u32(first_5 + 1 + 96) * 128u]);
      let v_74 = select(v_72, v_73, v_73 < v_72);
      let v_75 = select(v_73, v_72, v_72 > v_73);
      workgroupBarrier();
      shared_1[invocation] = v_74;
      shared_1[invocation + 128] = v_75;
      workgroupBarrier();
      let v_76 = shared_1[other_0];
      let v_77 = shared_1[other_0 + 128];
      let v_78 = select(v_74, v_76, select((v_76 < v_74), (v_76 > v_74), vec4<bool>(upper_0)));
      let v_79 = select(v_75, v_77, select((v_77 < v_75), (v_77 > v_75), vec4<bool>(upper_0)));
      workgroupBarrier();
      shared_1[invocation] = v_78;
      shared_1[invocation + 128] = v_79;
      workgroupBarrier();
      let v_80 = shared_1[other_1];
      let v_81 = shared_1[other_1 + 128];
      let v_82 = select(v_78, v_80, select((v_80 < v_78), (v_80 > v_78), vec4<bool>(upper_1)));
      let v_83 = select(v_79, v_81, select((v_81 < v_79), (v_81 > v_79), vec4<bool>(upper_1)));
      let v_84 = subgroupShuffleXor(v_82, 16u);
      let v_85 = subgroupShuffleXor(v_83, 16u);
      let v_86 = select(v_82, v_84, select((v_84 < v_82), (v_84 > v_82), vec4<bool>(upper_2)));
      let v_87 = select(v_83, v_85, select((v_85 < v_83), (v_85 > v_83), vec4<bool>(upper_2)));
      let v_88 = subgroupShuffleXor(v_86, 8u);
      let v_89 = subgroupShuffleXor(v_87, 8u);
      let v_90 = select(v_86, v_88, select((v_88 < v_86), (v_88 > v_86), vec4<bool>(upper_3)));
      let v_91 = select(v_87, v_89, select((v_89 < v_87), (v_89 > v_87), vec4<bool>(upper_3)));
      let v_92 = subgroupShuffleXor(v_90, 4u);
      let v_93 = subgroupShuffleXor(v_91, 4u);
      let v_94 = select(v_90, v_92, select((v_92 < v_90), (v_92 > v_90), vec4<bool>(upper_4)));
      let v_95 = select(v_91, v_93, select((v_93 < v_91), (v_93 > v_91), vec4<bool>(upper_4)));
      let v_96 = subgroupShuffleXor(v_94, 2u);
      let v_97 = subgroupShuffleXor(v_95, 2u);
      let v_98 = select(v_94, v_96, select((v_96 < v_94), (v_96 > v_94), vec4<bool>(upper_5)));
      let v_99 = select(v_95, v_97, select((v_97 < v_95), (v_97 > v_95), vec4<bool>(upper_5)));
      let v_100 = subgroupShuffleXor(v_98, 1u);
      let v_101 = subgroupShuffleXor(v_99, 1u);
      let v_102 = select(v_98, v_100, select((v_100 < v_98), (v_100 > v_98), vec4<bool>(upper_6)));
      let v_103 = select(v_99, v_101, select((v_101 < v_99), (v_101 > v_99), vec4<bool>(upper_6)));
      let v_104 = select(v_102, vec4<f32>(v_102.z, v_102.w, v_102.x, v_102.y), select((vec4<f32>(v_102.z, v_102.w, v_102.x, v_102.y) < v_102), (vec4<f32>(v_102.z, v_102.w, v_102.x, v_102.y) > v_102), vec4<bool>(false, false, true, true)));
      let v_105 = select(v_103, vec4<f32>(v_103.z, v_103.w, v_103.x, v_103.y), select((vec4<f32>(v_103.z, v_103.w, v_103.x, v_103.y) < v_103), (vec4<f32>(v_103.z, v_103.w, v_103.x, v_103.y) > v_103), vec4<bool>(false, false, true, true)));
      let v_106 = select(v_104, vec4<f32>(v_104.y, v_104.x, v_104.w, v_104.z), select((vec4<f32>(v_104.y, v_104.x, v_104.w, v_104.z) < v_104), (vec4<f32>(v_104.y, v_104.x, v_104.w, v_104.z) > v_104), vec4<bool>(false, true, false, true)));
      let v_107 = select(v_105, vec4<f32>(v_105.y, v_105.x, v_105.w, v_105.z), select((vec4<f32>(v_105.y, v_105.x, v_105.w, v_105.z) < v_105), (vec4<f32>(v_105.y, v_105.x, v_105.w, v_105.z) > v_105), vec4<bool>(false, true, false, true)));
      scratch[own_slot + u32(first_5 + 160) * 128u] = bitcast<vec4<u32>>(v_106);
      scratch[own_slot + u32(first_5 + 1 + 160) * 128u] = bitcast<vec4<u32>>(v_107);
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
  for (var i_7 = 0; i_7 < 16; i_7 += 1) {
    let v_108 = i_7 * 1024;
    let i_8 = at0_0 + v_108;
    let first_6 = ((v_108 >> 10u) & 15) * 2;
    let v_111 = bitcast<vec4<f32>>(scratch[own_slot + u32(first_6 + 32) * 128u]);
    let v_112 = bitcast<vec4<f32>>(scratch[own_slot + u32(first_6 + 1 + 32) * 128u]);
    buffer_of_out[i_8 >> 2u] = v_111;
    buffer_of_out[(i_8 >> 2u) + 128] = v_112;
  }
}
