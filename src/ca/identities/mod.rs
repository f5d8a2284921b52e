//! The catalogue of audits: identities that are wrong in one point each, made for one connection.
//!
//! Owns reading `certs/audit.toml`, and making what it says under the CA. None is kept: the cache of leaves never
//! sees one.

mod making;
mod recipe;

use crate::model::{FindingId, Identity};
use recipe::IdentityRecipe;

const RECIPES: &str = include_str!("../../../certs/audit.toml");

/// Why there is no catalogue.
#[derive(Debug, thiserror::Error)]
pub enum CatalogueError {
    /// The text is not of the form.
    #[error("the catalogue of audits: {0}")]
    Form(#[from] toml::de::Error),
    /// Nothing in it is right.
    #[error("the catalogue of audits has no control")]
    NoControl,
    /// There is no such identity.
    #[error("{name:?} is no identity of the catalogue; it has {known}")]
    Unknown {
        /// What was asked for.
        name: String,
        /// What there is.
        known: String,
    },
}

/// Every identity, in the order in which clients are shown them.
#[derive(Clone, Debug)]
pub struct Catalogue {
    recipes: Vec<IdentityRecipe>,
}

impl Catalogue {
    /// All of it.
    ///
    /// # Errors
    /// [`CatalogueError`] when its text is no good.
    pub fn read() -> Result<Self, CatalogueError> {
        Ok(Self { recipes: recipe::read(RECIPES)? })
    }

    /// The control and these alone; all of them where none is named.
    ///
    /// # Errors
    /// [`CatalogueError`] when there is none of such a name.
    pub fn only(mut self, names: &[String]) -> Result<Self, CatalogueError> {
        if let Some(name) = names.iter().find(|name| !self.recipes.iter().any(|recipe| recipe.name == **name)) {
            let known: Vec<&str> = self.recipes.iter().map(|recipe| recipe.name.as_str()).collect();
            return Err(CatalogueError::Unknown { name: name.clone(), known: known.join(", ") });
        }
        let is_wanted = |recipe: &IdentityRecipe| recipe.severity.is_none() || names.contains(&recipe.name);
        self.recipes.retain(|recipe| names.is_empty() || is_wanted(recipe));
        Ok(self)
    }

    /// What is known of each.
    pub fn identities(&self) -> Vec<Identity> {
        self.recipes.iter().map(IdentityRecipe::identity).collect()
    }

    /// What tlscope's own judge finds in one, and nothing else.
    pub fn expected(&self, name: &str) -> &[FindingId] {
        self.recipe(name).map(|recipe| recipe.expect.as_slice()).unwrap_or_default()
    }

    fn recipe(&self, name: &str) -> Option<&IdentityRecipe> {
        self.recipes.iter().find(|recipe| recipe.name == name)
    }
}
