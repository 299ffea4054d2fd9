package plan

import "testing"

// The vectors are what the standard's own parser says of these names.
func TestFlavorName(t *testing.T) {
	good := map[string]string{ // name: as it is written again; empty: the same
		"SCS-1V-4": "", "SCS-1L-1": "", "SCS-1L-1-5": "", "SCS-2V-4-20s": "", "SCS-4V-16-100s": "", "SCS-16V-128": "", "SCS-2C-4-10n": "",
		"SCS-2Ti-4u-10n": "", "SCS-2Li-4uo-10h": "", "SCS-2C-3.5-10n": "", "SCS-2C-4-": "", "SCS-2C-4-n": "", "SCS-2C-4-3x10s": "",
		"SCS-2C-4-_bms_z3": "", "SCS-2C-4_bms_z3": "", "SCS-2C-4-10s_bms_z3": "", "SCS-2C-4-_bms_z3h_GNa-64_ib": "", "SCS-2C-4-_ib": "",
		"SCS-2C-4_chy": "", "SCS-2C-4_kvm_hwv": "", "SCS-2C-4_i3": "", "SCS-2C-4_i": "", "SCS-2C-4_a2": "", "SCS-2C-4_r0": "SCS-2C-4_r",
		"SCS-2C-4_i3hhh": "", "SCS-2C-4_ib": "", "SCS-2C-4_i3_ib": "", "SCS-4V-16_GNa": "", "SCS-4V-16_GNa-14h-40h": "", "SCS-4V-16_gNa-14-6": "",
		"SCS-4V-16_GNl-70_ib": "", "SCS-4V-16_GA3.5-60": "", "SCS-4V-16_GI2-10": "", "SCS-1V:4": "SCS-1V-4", "SCS-1V:4:10": "SCS-1V-4-10",
		"SCS-2C:4:10s-bms-z3": "SCS-2C-4-10s_bms_z3", "SCS-16T:64:3x10s-GNa:64-ib": "SCS-16T-64-3x10s_GNa-64_ib",
		"SCS-16T-64-3x10s_bms_hwv_i3h_GNa-64_ib": "", "SCS-02V-4": "SCS-2V-4", "SCS-2V-4.0": "SCS-2V-4", "SCS-2V-4.5": "", "SCS-16V-10.5": "",
	}
	for name, want := range good {
		if want == "" {
			want = name
		}
		f, ok := parseFlavorName(name)
		if !ok || f.String() != want {
			t.Errorf("%s: %v, %s, want %s", name, ok, f, want)
		}
	}
	for _, name := range []string{"SCS-2C-3.3-10n", "SCS-2C-4ou-10n", "SCS-2iT-4-10n", "SCS-2-4-10n", "SCS-0V-4", "SCS-V-4", "SCS-2V-0", "SCS-2V-",
		"SCS-2V", "SCS-2C-4-0", "SCS-2C-4-0x10", "SCS-2C-4-1.5n", "SCS-2C-4-n_bms_3", "SCS-2C-4_hwv_kvm", "SCS-2C-4_i9", "SCS-2C-4_i3hhhh",
		"SCS-4V-16_GNa_ib", "SCS-4V-16_GNx", "SCS-2v-4", "scs-2V-4", "SCS-2V-4-20S", "SCS-2V-4-20s_foo", "SCS-2V-4-20s-foo", "SCS-2V-4-20sp",
		"SCS-2V-4-10-10", "m1.small", "", "SCS-", "SCS-99999999999999999999V-4", "SCS-1V-1e3", "SCS-1V-..5"} {
		if f, ok := parseFlavorName(name); ok {
			t.Errorf("%q is taken for %s", name, f)
		}
	}
}

func FuzzFlavorName(f *testing.F) {
	for _, seed := range []string{"SCS-2V-4-20s_i3", "SCS-16T:64:3x10s-GNa:64-ib", "SCS-2C-4-_bms_z3h_GNa-64_ib", "SCS-2C-3.5-10n", "m1.small", "SCS-"} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, name string) {
		parsed, ok := parseFlavorName(name)
		if !ok {
			return
		}
		if again, ok := parseFlavorName(parsed.String()); !ok || again != parsed {
			t.Errorf("%q is %+v, written %s, and read again %v %+v", name, parsed, parsed, ok, again)
		}
		if parsed.cpus <= 0 || parsed.ram <= 0 || parsed.class == 0 {
			t.Errorf("%q has a size that is none: %+v", name, parsed)
		}
	})
}
