"""A folder of its own: `streamlit run` puts the folder of what it runs first on the path of imports."""
