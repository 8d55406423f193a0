//! The modules that come with the binary: `source = "builtin:NAME"`.

use std::collections::BTreeMap;

/// The files of one module: name and text.
pub type ModuleFiles = &'static [(&'static str, &'static str)];

macro_rules! module {
    ($name:literal, $($file:literal),+) => {
        ($name, &[$(($file, include_str!(concat!("../../modules/", $name, "/", $file)))),+][..])
    };
}

/// The files of every module, by the module's name.
pub fn builtin_modules() -> BTreeMap<&'static str, ModuleFiles> {
    BTreeMap::from([module!("etcd-static-pod", "main.hcl", "outputs.hcl", "variables.hcl")])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_file_of_a_module_is_in_the_binary() {
        for (name, files) in builtin_modules() {
            let dir = format!("{}/../modules/{name}", env!("CARGO_MANIFEST_DIR"));
            let mut there: Vec<String> = std::fs::read_dir(dir)
                .unwrap()
                .map(|entry| entry.unwrap().file_name().into_string().unwrap())
                .filter(|file| file.ends_with(".hcl") && file != "example.hcl")
                .collect();
            there.sort();
            let ours: Vec<_> = files.iter().map(|(file, _)| (*file).to_owned()).collect();
            assert_eq!(ours, there, "{name}");
        }
    }
}
